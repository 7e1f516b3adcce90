package web

import (
	"net/url"

	"github.com/koppel-io/koppel/client"
)

// pushesPage lists writes to remotes.
type pushesPage struct {
	Filter client.WriteFilter
	States []string
	Writes []client.Write
	// Coupling is the one they go to; nil for all, which have Names.
	Coupling *client.Coupling
	Names    map[string]string
	Next     string
}

func (s *site) pushes(v *visit) (*page, error) {
	q := v.URL.Query()
	f := client.WriteFilter{
		Page: client.Page{Limit: listSize, Cursor: q.Get("cursor")}, Webshop: q.Get("webshop"), Coupling: q.Get("coupling"), State: q.Get("state"), Held: q.Get("held") != "",
	}
	list, err := v.api.Writes(v.Context(), f)
	if err != nil {
		return nil, err
	}
	shown := pushesPage{Filter: f, Writes: list.Data, Next: further(v.URL, list.Next), States: []string{"pending", "sending", "sent", "unknown", "parked", "dropped"}}
	shown.Coupling, shown.Names, err = namesOf(v, f.Coupling, list.Data, func(w client.Write) string { return w.Coupling })
	if err != nil {
		return nil, err
	}
	return &page{name: "pushes", Title: "Writes to remote systems", Section: "pushes", Data: shown}, nil
}

func (s *site) retryPush(v *visit) (*page, error) {
	w, err := v.api.RetryWrite(v.Context(), v.PathValue("id"))
	return &page{to: "/pushes?" + url.Values{"done": {"retried"}, "coupling": {w.Coupling}}.Encode()}, err
}
