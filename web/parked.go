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
	q := v.URL.Query()
	f := client.ParkedFilter{
		Page: client.Page{Limit: listSize, Cursor: q.Get("cursor")}, Webshop: q.Get("webshop"), Coupling: q.Get("coupling"),
		Object: koppel.Object(q.Get("object")), Kind: koppel.Kind(q.Get("kind")), Search: q.Get("search"),
	}
	list, err := v.api.Parked(v.Context(), f)
	if err != nil {
		return nil, err
	}
	shown := parkedPage{Filter: f, Kinds: koppel.Kinds(), Rows: list.Data, Next: further(v.URL, list.Next)}
	shown.Coupling, shown.Names, err = namesOf(v, f.Coupling, list.Data, func(p client.Parked) string { return p.Coupling })
	if err != nil {
		return nil, err
	}
	return &page{name: "parked", Title: "Parked records", Section: "parked", Data: shown}, nil
}

func (s *site) retryParked(v *visit) (*page, error) {
	done, err := v.api.RetryOne(v.Context(), v.PathValue("id"))
	return afterRetry(done, ""), err
}

func (s *site) retryAllParked(v *visit) (*page, error) {
	coupling := v.PostForm.Get("coupling")
	done, err := v.api.Retry(v.Context(), client.ParkedPick{Coupling: coupling, Kind: koppel.Kind(v.PostForm.Get("kind"))})
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
