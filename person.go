package koppel

// AskedPerson is by what a person is looked for. Each of them that is given finds; at least one is.
type AskedPerson struct {
	Email, Phone, Name string
	// RemoteID is the remote's id of the customer, not of an order.
	RemoteID string
}

// PersonPlace is one kind of data in which a person stands.
type PersonPlace struct {
	// Place is the kind of data, such as records.
	Place string `json:"place"`
	// Found is how many rows name the person.
	Found int64 `json:"found"`
	// Effect is what erasing does to them.
	Effect string `json:"effect"`
}
