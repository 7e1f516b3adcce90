package web

import (
	"slices"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
)

// couplingPage is one coupling.
type couplingPage struct {
	Coupling client.Coupling
	// System is the connector as people call it.
	System string
	// Link is one that was just made for the customer.
	Link *client.ConnectLink
	// Waits are what the coupling has that needs a look: a number, or "100+".
	Proposals     []client.Proposal
	Parked, Waits string
	Writes        []client.Write
	News          couplingNews
	// Names is empty: everything is of this coupling.
	Names map[string]string
}

// couplingNews is what changes while the page is looked at.
type couplingNews struct {
	Coupling client.Coupling
	// Stopped is the activation's failed step; nil when there is none.
	Stopped *koppel.Step
	// Syncs says that it can be asked to read now.
	Syncs  bool
	Groups []groupRow
	Runs   []client.Run
	// Names is empty: everything is of this coupling.
	Names map[string]string
}

// groupRow is what is read, or written, together.
type groupRow struct {
	Name    string
	Objects []koppel.Object
	Last    *client.LastRun
	// Run is the newest one while it is open or when it failed.
	Run   *client.Run
	Lines []client.TimetableLine
}

// Told says that the run's failure is shown as one: not when new credentials
// are asked for already.
func (g groupRow) Told() bool {
	return g.Run != nil && g.Run.Error != nil && g.Run.Error.Kind != koppel.KindAuth
}

func (s *site) coupling(v *visit) (*page, error) {
	shown, err := s.couplingPage(v)
	if err != nil {
		return nil, err
	}
	return &page{name: "coupling", Title: shown.Coupling.Name, Section: "couplings", Data: shown}, nil
}

func (s *site) couplingPage(v *visit) (*couplingPage, error) {
	ctx, id := v.Context(), v.PathValue("id")
	fresh, connector, err := s.lookAtCoupling(v, id)
	if err != nil {
		return nil, err
	}
	out := &couplingPage{Coupling: fresh.Coupling, System: connector.Title, News: fresh}
	proposals, err := v.api.Proposals(ctx, client.ProposalFilter{Coupling: id, State: koppel.ProposalOpen})
	if err != nil {
		return nil, err
	}
	parked, err := v.api.Parked(ctx, client.ParkedFilter{Page: client.Page{Limit: countMost}, Coupling: id})
	if err != nil {
		return nil, err
	}
	waits, err := v.api.Waiting(ctx, client.WaitingFilter{Page: client.Page{Limit: countMost}, Coupling: id})
	if err != nil {
		return nil, err
	}
	writes, err := v.api.Writes(ctx, client.WriteFilter{Page: client.Page{Limit: 10}, Coupling: id})
	out.Proposals, out.Parked, out.Waits, out.Writes = proposals.Data, counted(parked), counted(waits), writes.Data
	return out, err
}

// countMost is up to where things are counted for a page.
const countMost = 100

// counted says how many there are; "" for none.
func counted[T any](list client.List[T]) string {
	switch {
	case list.Next != "":
		return number(len(list.Data)) + " or more"
	case len(list.Data) == 0:
		return ""
	}
	return number(len(list.Data))
}

func (s *site) couplingNews(v *visit) (news, error) {
	fresh, _, err := s.lookAtCoupling(v, v.PathValue("id"))
	if err != nil {
		return news{}, err
	}
	say := ""
	for _, g := range fresh.Groups {
		if g.Last != nil && g.Last.Mode != koppel.ModePush {
			say += objectWord(g.Name) + ": " + known(runWords, g.Last.State).Name + ". "
		}
	}
	return news{name: "coupling", data: fresh, say: say}, nil
}

// lookAtCoupling reads what changes of a coupling.
func (s *site) lookAtCoupling(v *visit, id string) (couplingNews, client.Connector, error) {
	ctx := v.Context()
	c, err := v.api.Coupling(ctx, id)
	if err != nil {
		return couplingNews{}, client.Connector{}, err
	}
	connector, err := v.api.Connector(ctx, c.Connector)
	if err != nil {
		return couplingNews{}, connector, err
	}
	out := couplingNews{Coupling: c, Syncs: c.State == koppel.CouplingActive || c.State == koppel.CouplingActivating}
	if i := slices.IndexFunc(c.Steps, func(s koppel.Step) bool { return s.State == koppel.StepFailed }); i >= 0 && c.State == koppel.CouplingActivating {
		out.Stopped = &c.Steps[i]
	}
	for _, g := range connector.Groups {
		out.Groups = append(out.Groups, groupRow{Name: g.Name, Objects: g.Objects})
	}
	for i, last := range c.LastRuns {
		at := slices.IndexFunc(out.Groups, func(g groupRow) bool { return g.Name == last.Group && len(g.Objects) > 0 })
		if last.Mode == koppel.ModePush || at < 0 {
			at = len(out.Groups)
			out.Groups = append(out.Groups, groupRow{Name: last.Group})
		}
		out.Groups[at].Last = &c.LastRuns[i]
		if !last.State.Ended() || last.State == koppel.RunFailed {
			run, err := v.api.Run(ctx, last.Run)
			if err != nil {
				return couplingNews{}, connector, err
			}
			out.Groups[at].Run = &run
		}
	}
	times, err := v.api.Timetable(ctx, id)
	if err != nil {
		return couplingNews{}, connector, err
	}
	for _, line := range times.Lines {
		if !times.On {
			line.Next = nil
		}
		if at := slices.IndexFunc(out.Groups, func(g groupRow) bool { return g.Name == line.Group && len(g.Objects) > 0 }); at >= 0 {
			out.Groups[at].Lines = append(out.Groups[at].Lines, line)
		}
	}
	runs, err := v.api.Runs(ctx, client.RunFilter{Page: client.Page{Limit: 10}, Coupling: id})
	out.Runs = runs.Data
	return out, connector, err
}

// actOnCoupling is a button of the page.
func (s *site) actOnCoupling(v *visit) (*page, error) {
	ctx, id := v.Context(), v.PathValue("id")
	done := func(word string, err error) (*page, error) {
		return &page{to: "/couplings/" + id + "?done=" + word}, err
	}
	switch v.PathValue("action") {
	case "sync":
		started, err := v.api.Sync(ctx, id, client.Sync{Object: koppel.Object(v.PostForm.Get("object")), Mode: koppel.Mode(v.PostForm.Get("mode"))})
		return &page{to: "/runs/" + started.Run}, err
	case "pause":
		_, err := v.api.Pause(ctx, id, v.PostForm.Get("reason"))
		return done("paused", err)
	case "resume":
		_, err := v.api.Resume(ctx, id)
		return done("resumed", err)
	case "activate":
		_, err := v.api.Activate(ctx, id)
		return done("activated", err)
	case "check":
		checked, err := v.api.Check(ctx, id)
		if p := refusedBy(checked); p != nil && err == nil {
			return &page{name: "problem", Title: p.Title, Problem: p, Section: "couplings", Data: "/couplings/" + id}, nil
		}
		return done("checked", err)
	case "connect":
		link, err := v.api.MakeConnectLink(ctx, id, client.NewConnectLink{})
		if err != nil {
			return nil, err
		}
		shown, err := s.couplingPage(v)
		if err != nil {
			return nil, err
		}
		shown.Link = &link
		return &page{name: "coupling", Title: shown.Coupling.Name, Section: "couplings", Data: shown}, nil
	}
	return nil, errNoPage
}
