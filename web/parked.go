package web

import (
	"net/url"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
)

// parkedPage lists parked records.
type parkedPage struct {
	Filter client.ParkedFilter
	Kinds  []koppel.Kind
	// Coupling is the one they are of; nil for those of all.
	Coupling *client.Coupling
	Rows     []client.Parked
	// Names are the couplings of the rows, as people call them.
	Names map[string]string
	Next  string
}

func (s *site) parked(v *visit) (*page, error) {
	q, ctx := v.URL.Query(), v.Context()
	f := client.ParkedFilter{
		Page: client.Page{Limit: listSize, Cursor: q.Get("cursor")}, Webshop: q.Get("webshop"), Coupling: q.Get("coupling"),
		Object: koppel.Object(q.Get("object")), Kind: koppel.Kind(q.Get("kind")), Search: q.Get("search"),
	}
	list, err := v.api.Parked(ctx, f)
	if err != nil {
		return nil, err
	}
	shown := parkedPage{Filter: f, Kinds: koppel.Kinds(), Rows: list.Data, Names: map[string]string{}, Next: further(v.URL, list.Next)}
	ids := []string{f.Coupling}
	for _, row := range list.Data {
		ids = append(ids, row.Coupling)
	}
	for _, id := range ids {
		if shown.Names[id] != "" || id == "" {
			continue
		}
		c, err := v.api.Coupling(ctx, id)
		if err != nil {
			return nil, err
		}
		shown.Names[id] = c.Name
		if id == f.Coupling {
			shown.Coupling = &c
		}
	}
	return &page{name: "parked", Title: "Parked records", Section: "parked", Data: shown}, nil
}

func (s *site) retryParked(v *visit) (*page, error) {
	done, err := v.api.RetryOne(v.Context(), v.PathValue("id"))
	return afterRetry(done, ""), err
}

func (s *site) retryAllParked(v *visit) (*page, error) {
	coupling := v.PostForm.Get("coupling")
	done, err := v.api.Retry(v.Context(), client.Retry{Coupling: coupling, Kind: koppel.Kind(v.PostForm.Get("kind"))})
	return afterRetry(done, coupling), err
}

// afterRetry leads to the run that tries again, else back to the list.
func afterRetry(done client.Retried, coupling string) *page {
	if len(done.Runs) == 1 {
		return &page{to: "/runs/" + url.PathEscape(done.Runs[0].Run)}
	}
	word := "retried"
	if len(done.Runs) == 0 {
		word = "nothing"
	}
	query := url.Values{"done": {word}}
	if coupling != "" {
		query.Set("coupling", coupling)
	}
	return &page{to: "/parked?" + query.Encode()}
}

// pushesPage lists writes to remotes.
type pushesPage struct {
	Filter   client.WriteFilter
	States   []string
	Rows     []client.Write
	Coupling *client.Coupling
	Next     string
}

func (s *site) pushes(v *visit) (*page, error) {
	q, ctx := v.URL.Query(), v.Context()
	f := client.WriteFilter{Page: client.Page{Limit: listSize, Cursor: q.Get("cursor")}, Coupling: q.Get("coupling"), State: q.Get("state")}
	list, err := v.api.Writes(ctx, f)
	if err != nil {
		return nil, err
	}
	shown := pushesPage{Filter: f, Rows: list.Data, Next: further(v.URL, list.Next), States: []string{"pending", "sending", "sent", "unknown", "parked", "dropped"}}
	if f.Coupling != "" {
		c, err := v.api.Coupling(ctx, f.Coupling)
		if err != nil {
			return nil, err
		}
		shown.Coupling = &c
	}
	return &page{name: "pushes", Title: "Writes to remote systems", Section: "pushes", Data: shown}, nil
}

func (s *site) retryPush(v *visit) (*page, error) {
	w, err := v.api.RetryWrite(v.Context(), v.PathValue("id"))
	return &page{to: "/pushes?" + url.Values{"done": {"retried"}, "coupling": {w.Coupling}}.Encode()}, err
}
