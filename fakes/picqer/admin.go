package picqer

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
)

// serveAdmin answers the demo's own endpoints, which no account has.
func (a *Account) serveAdmin(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, "/_demo"), "/")
	if kind, ok := strings.CutPrefix(path, "/truth/"); ok && r.Method == http.MethodGet {
		a.serveTruth(w, kind)
		return
	}
	do, ok := map[string]func(io.Reader) (any, error){
		"GET /state":      func(io.Reader) (any, error) { return a.State(), nil },
		"GET /ledger":     func(io.Reader) (any, error) { return a.Ledger(), nil },
		"GET /requests":   func(io.Reader) (any, error) { return a.Requests(), nil },
		"GET /deliveries": func(io.Reader) (any, error) { return a.Deliveries(), nil },
		"POST /misbehave": a.adminMisbehave,
		"POST /mutate":    a.adminMutate,
		"POST /insert":    a.adminInsert,
		"POST /delete":    a.adminDelete,
		"POST /set":       a.adminSet,
		"POST /receive":   a.adminReceive,
		"POST /revert":    a.adminRevert,
	}[r.Method+" "+path]
	if !ok {
		http.Error(w, "no such demo endpoint", http.StatusNotFound)
		return
	}
	out, err := do(io.LimitReader(r.Body, maxBody))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	answer{status: http.StatusOK, body: encode(out)}.write(w)
}

func receive[T any](r io.Reader) (T, error) {
	var in T
	d := json.NewDecoder(r)
	d.DisallowUnknownFields()
	return in, d.Decode(&in)
}

func (a *Account) adminMisbehave(r io.Reader) (any, error) {
	in, err := receive[Misbehaviour](r)
	if err != nil {
		return nil, err
	}
	return in, a.Misbehave(in)
}

func (a *Account) adminMutate(r io.Reader) (any, error) {
	in, err := receive[struct {
		Count int `json:"count"`
	}](r)
	if err != nil {
		return nil, err
	}
	a.Mutate(min(in.Count, maxRows))
	return a.State(), nil
}

func (a *Account) adminInsert(r io.Reader) (any, error) {
	in, err := receive[struct {
		Kind  string `json:"kind"`
		Count int    `json:"count"`
	}](r)
	if err != nil {
		return nil, err
	}
	return a.Insert(in.Kind, min(max(in.Count, 1), maxRows))
}

func (a *Account) adminDelete(r io.Reader) (any, error) {
	in, err := receive[struct {
		Kind string `json:"kind"`
		ID   int64  `json:"id"`
	}](r)
	if err != nil {
		return nil, err
	}
	return in, a.Delete(in.Kind, in.ID)
}

// adminSet changes what its body names.
func (a *Account) adminSet(r io.Reader) (any, error) {
	in, err := receive[struct {
		Product   int64  `json:"product,omitempty"`
		Active    *bool  `json:"active,omitempty"`
		Warehouse int64  `json:"warehouse,omitempty"`
		Stock     *int64 `json:"stock,omitempty"`
		Supplier  int64  `json:"supplier,omitempty"`
		Order     int64  `json:"order,omitempty"`
		Status    string `json:"status,omitempty"`
	}](r)
	if err == nil && in.Active != nil {
		err = a.SetActive(in.Product, *in.Active)
	}
	if err == nil && in.Stock != nil {
		err = a.SetStock(in.Product, in.Warehouse, *in.Stock)
	}
	if err == nil && in.Supplier != 0 {
		err = a.MoveToSupplier(in.Product, in.Supplier)
	}
	if err == nil && in.Order != 0 {
		err = a.SetOrderStatus(in.Order, in.Status)
	}
	return in, err
}

func (a *Account) adminReceive(r io.Reader) (any, error) {
	in, err := receive[struct {
		PurchaseOrder int64      `json:"purchaseorder"`
		Products      []Received `json:"products"`
		Completed     bool       `json:"completed"`
	}](r)
	if err != nil {
		return nil, err
	}
	id, err := a.Receive(in.PurchaseOrder, in.Products, in.Completed)
	return map[string]int64{"idreceipt": id}, err
}

func (a *Account) adminRevert(r io.Reader) (any, error) {
	in, err := receive[struct {
		Receipt int64 `json:"receipt"`
		Line    int64 `json:"line"`
		Amount  int64 `json:"amount"`
	}](r)
	if err != nil {
		return nil, err
	}
	return in, a.Revert(in.Receipt, in.Line, in.Amount)
}
