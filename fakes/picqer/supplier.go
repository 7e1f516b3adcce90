package picqer

type supplier struct {
	ID        int64   `json:"idsupplier"`
	Name      string  `json:"name"`
	Contact   *string `json:"contactname"`
	Address   *string `json:"address"`
	Email     string  `json:"emailaddress"`
	Telephone *string `json:"telephone"`
	Language  string  `json:"language"`
}

// listSuppliers has no filter; a fulfilment customer's key sees none.
func (a *Account) listSuppliers(c *call) answer {
	if c.scoped {
		return forbidden()
	}
	return list(c, &a.suppliers, func(*supplier) bool { return true }, func(s *supplier) any { return s })
}

func (a *Account) getSupplier(c *call) answer {
	if c.scoped {
		return forbidden()
	}
	s := a.suppliers.find(c.id("id"))
	if s == nil {
		return notFound("Supplier")
	}
	return ok(s)
}
