package web

import (
	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
)

// inboxPage is what needs a person now, by cause.
type inboxPage struct{ Groups []inboxGroup }

// inboxGroup is one cause.
type inboxGroup struct {
	Title, Says string
	Items       []inboxItem
	// More leads to all of them where not all are shown.
	More string
}

// inboxItem is one thing to see to.
type inboxItem struct {
	Name, Path, Place, Detail string
	At                        any
	Next                      *step
}

// inboxMost is how many items of a cause are shown.
const inboxMost = 25

func (s *site) inbox(v *visit) (*page, error) {
	out := inboxPage{}
	for _, gather := range []func(*visit) (inboxGroup, error){failing, proposed, unsent, degraded, unread} {
		g, err := gather(v)
		if err != nil {
			return nil, err
		}
		if len(g.Items) > 0 {
			out.Groups = append(out.Groups, g)
		}
	}
	return &page{name: "inbox", Title: "Inbox", Section: "inbox", Data: out}, nil
}

func ofHealth(v *visit, health, title string) (inboxGroup, error) {
	g := inboxGroup{Title: title, Says: healthWords[health].Says}
	list, err := v.api.Couplings(v.Context(), client.CouplingFilter{Page: client.Page{Limit: inboxMost}, Health: health})
	for _, c := range list.Data {
		g.Items = append(g.Items, inboxItem{Name: c.Name, Path: "/couplings/" + c.ID, Place: c.WebshopName, Detail: c.Health.Detail})
	}
	if list.Next != "" {
		g.More = "/couplings?health=" + health
	}
	return g, err
}

func failing(v *visit) (inboxGroup, error) { return ofHealth(v, "failing", "Couplings that fail") }
func degraded(v *visit) (inboxGroup, error) {
	return ofHealth(v, "degraded", "Couplings that need a look")
}

func proposed(v *visit) (inboxGroup, error) {
	g := inboxGroup{Title: "Deletions that wait for a decision", Says: proposalWords[koppel.ProposalOpen].Says}
	list, err := v.api.Proposals(v.Context(), client.ProposalFilter{Page: client.Page{Limit: inboxMost}, State: koppel.ProposalOpen})
	for _, p := range list.Data {
		g.Items = append(g.Items, inboxItem{
			Name: plural(p.Waiting, "record") + " of " + p.CouplingName, Path: "/proposals/" + p.ID, Place: objectWord(p.Group), Detail: p.Reason, At: p.CreatedAt,
		})
	}
	if list.Next != "" {
		g.More = "/proposals?state=open"
	}
	return g, err
}

func unsent(v *visit) (inboxGroup, error) {
	g := inboxGroup{Title: "Writes that could not be sent", Says: writeWords["parked"].Says}
	list, err := v.api.Writes(v.Context(), client.WriteFilter{Page: client.Page{Limit: inboxMost}, State: "parked"})
	for _, w := range list.Data {
		item := inboxItem{Name: objectWord(w.Object) + " " + w.Reference, Path: "/pushes?coupling=" + w.Coupling, At: w.UpdatedAt}
		if w.Error != nil {
			item.Detail, item.Next = w.Error.Title+": "+w.Error.Detail, stepOf(w.Error.Next)
		}
		g.Items = append(g.Items, item)
	}
	if list.Next != "" {
		g.More = "/pushes?state=parked"
	}
	return g, err
}

func unread(v *visit) (inboxGroup, error) {
	g := inboxGroup{Title: "Parked records", Says: "These could not be processed. They are kept and can be tried again once the cause is mended; all others arrived."}
	list, err := v.api.Parked(v.Context(), client.ParkedFilter{Page: client.Page{Limit: inboxMost}})
	for _, p := range list.Data {
		g.Items = append(g.Items, inboxItem{
			Name: objectWord(p.Object) + " " + p.RemoteID, Path: "/parked?coupling=" + p.Coupling, Place: ownerWords[p.Kind.Owner()], Detail: p.Reason, At: p.FirstAt,
		})
	}
	if list.Next != "" {
		g.More = "/parked"
	}
	return g, err
}
