package exact

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	"github.com/koppel-io/koppel/fakes/standin"
)

// Row is one row of a table with all of its properties, as JSON would show
// them to a client, dates among them; Timestamp is that of a sync endpoint.
type Row map[string]any

// Rows are the rows of a table in the order of their keys: the truth that
// tests compare with.
func (s *Site) Rows(division int, entityName string) ([]Row, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, e := s.division(division), byName[entityName]
	if a == nil || e == nil {
		return nil, fmt.Errorf("exact: there is no division %d with %s", division, entityName)
	}
	out := []Row{}
	for _, r := range a.table(e).byKey() {
		out = append(out, r.shown(e))
	}
	return out, nil
}

func (r *row) shown(e *entity) Row {
	out := Row{"Timestamp": r.timestamp}
	for i, f := range e.fields {
		out[f.name] = r.values[i]
		if d, ok := r.values[i].(date); ok {
			out[f.name] = plain(d)
		}
	}
	return out
}

// Set changes properties of a row, given as in the body of a PUT, without the
// checks of the API: a user can do more than an app.
func (s *Site) Set(division int, entityName, key string, properties map[string]any) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, e, r, err := s.row(division, entityName, key)
	if err != nil {
		return err
	}
	v, err := readProperties(e, properties)
	if err != nil {
		return err
	}
	if status, ok := v["Status"].(int64); ok && e == salesOrders {
		a.setSale(r, status)
		delete(v, "Status")
	}
	a.change(e, r, v)
	return nil
}

// Insert adds a row with these properties and gives its key.
func (s *Site) Insert(division int, entityName string, properties map[string]any) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, e := s.division(division), byName[entityName]
	if a == nil || e == nil {
		return "", fmt.Errorf("exact: there is no division %d with %s", division, entityName)
	}
	v, err := readProperties(e, properties)
	if err != nil {
		return "", err
	}
	return a.insert(e, v).text(e, e.key[0]), nil
}

// Delete takes a row out, with its children and for an item with its stock,
// prices and offers.
func (s *Site) Delete(division int, entityName, key string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, e, r, err := s.row(division, entityName, key)
	if err != nil {
		return err
	}
	if e == items {
		a.deleteItem(r)
		return nil
	}
	a.drop(e, r)
	return nil
}

// Receive books the arrival of a share (0 to 1) of what a purchase order
// ordered.
func (s *Site) Receive(division int, order string, share float64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, _, r, err := s.row(division, purchaseOrders.name, order)
	if err == nil {
		a.receive(r, r.children["PurchaseOrderLines"], share, a.site.wall())
	}
	return err
}

// Return gives one purchase unit of the order's first line back.
func (s *Site) Return(division int, order string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, _, r, err := s.row(division, purchaseOrders.name, order)
	if err != nil {
		return err
	}
	lines := r.children["PurchaseOrderLines"]
	if len(lines) == 0 || lines[0].number(purchaseOrderLines, "ReceivedQuantity") < 1 {
		return fmt.Errorf("exact: nothing of order %s was received", order)
	}
	a.giveBack(r, lines[0], lines[0], a.site.wall())
	return nil
}

func (s *Site) row(division int, entityName, key string) (*administration, *entity, *row, error) {
	a, e := s.division(division), byName[entityName]
	if a == nil || e == nil {
		return nil, nil, nil, fmt.Errorf("exact: there is no division %d with %s", division, entityName)
	}
	r := a.find(e, key)
	if r == nil {
		return nil, nil, nil, fmt.Errorf("exact: %s has no row %s", entityName, key)
	}
	return a, e, r, nil
}

// readProperties reads properties as a body would give them; null clears.
func readProperties(e *entity, properties map[string]any) (values, error) {
	v := values{}
	for name, value := range properties {
		i, ok := e.index[name]
		if !ok {
			return nil, fmt.Errorf("exact: %s has no property %s", e.name, name)
		}
		raw, err := json.Marshal(value)
		if err != nil {
			return nil, fmt.Errorf("exact: %s: %w", name, err)
		}
		read, err := readValue(raw, e.fields[i].kind)
		if err != nil {
			return nil, fmt.Errorf("exact: %s: %w", name, err)
		}
		v[name] = read
	}
	return v, nil
}

// serveRows answers the fake's endpoints about rows.
func (s *Site) serveRows(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Division   int            `json:"division"` // 0: the first
		Entity     string         `json:"entity"`
		Action     string         `json:"action"` // create, update, delete, receive, return
		Key        string         `json:"key"`
		Properties map[string]any `json:"properties"`
		Share      float64        `json:"share"` // of receive; 0 is everything
	}
	if !standin.Receive(w, r, &in) {
		return
	}
	if in.Division == 0 {
		in.Division = s.Division(0)
	}
	if in.Share == 0 {
		in.Share = 1
	}
	var err error
	switch in.Action {
	case "create":
		in.Key, err = s.Insert(in.Division, in.Entity, in.Properties)
	case "update":
		err = s.Set(in.Division, in.Entity, in.Key, in.Properties)
	case "delete":
		err = s.Delete(in.Division, in.Entity, in.Key)
	case "receive":
		err = s.Receive(in.Division, in.Key, in.Share)
	case "return":
		err = s.Return(in.Division, in.Key)
	default:
		err = fmt.Errorf("action %q: give create, update, delete, receive or return", in.Action)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	standin.Reply(w, map[string]any{"key": in.Key})
}

// names of all tables, for messages.
func entityNames() []string {
	var names []string
	for _, e := range entities {
		names = append(names, e.name)
	}
	slices.Sort(names)
	return names
}
