package web

import (
	"cmp"
	"net/url"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
)

// listSize is how many rows a list shows at once.
const listSize = 50

// couplingsPage lists couplings.
type couplingsPage struct {
	Filter     client.CouplingFilter
	States     []koppel.CouplingState
	Healths    []string
	Connectors []client.Connector
	Rows       []client.Coupling
	// Titles are the connectors as people call them.
	Titles map[string]string
	// Next leads to the next page; "" on the last one.
	Next string
	// Filtered says that a filter is set.
	Filtered bool
}

// OfMany says that the rows are of several webshops.
func (couplingsPage) OfMany() bool { return true }

func (s *site) couplings(v *visit) (*page, error) {
	q := v.URL.Query()
	f := client.CouplingFilter{
		Page: client.Page{Limit: listSize, Cursor: q.Get("cursor")}, Webshop: q.Get("webshop"), Connector: q.Get("connector"),
		State: koppel.CouplingState(q.Get("state")), Health: q.Get("health"), Search: q.Get("search"),
	}
	list, err := v.api.Couplings(v.Context(), f)
	if err != nil {
		return nil, err
	}
	connectors, err := v.api.Connectors(v.Context())
	if err != nil {
		return nil, err
	}
	shown := couplingsPage{
		Filter: f, Rows: list.Data, Connectors: connectors.Data, Titles: titles(connectors.Data), Next: further(v.URL, list.Next),
		Healths: []string{"failing", "degraded", "ok"}, Filtered: f.Webshop+f.Connector+string(f.State)+f.Health+f.Search != "",
		States: []koppel.CouplingState{koppel.CouplingActive, koppel.CouplingActivating, koppel.CouplingPaused, koppel.CouplingNeedsReauth,
			koppel.CouplingDraft, koppel.CouplingDisabled, koppel.CouplingRemoved},
	}
	return &page{name: "couplings", Title: "Couplings", Section: "couplings", Data: shown}, nil
}

func titles(connectors []client.Connector) map[string]string {
	out := map[string]string{}
	for _, c := range connectors {
		out[c.Name] = cmp.Or(c.Title, c.Name)
	}
	return out
}

// further is the address of the page behind a cursor; "" without one.
func further(u *url.URL, cursor string) string {
	if cursor == "" {
		return ""
	}
	query := u.Query()
	query.Set("cursor", cursor)
	query.Del("done")
	return u.Path + "?" + query.Encode()
}

// namesOf finds the coupling that a list is of, or, of a list of all, what the couplings of its rows are called.
func namesOf[T any](v *visit, id string, rows []T, of func(T) string) (*client.Coupling, map[string]string, error) {
	names := map[string]string{}
	if id != "" {
		c, err := v.api.Coupling(v.Context(), id)
		names[id] = c.Name
		return &c, names, err
	}
	for _, row := range rows {
		if _, ok := names[of(row)]; ok {
			continue
		}
		c, err := v.api.Coupling(v.Context(), of(row))
		if err != nil {
			return nil, nil, err
		}
		names[c.ID] = c.Name
	}
	return nil, names, nil
}
