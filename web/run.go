package web

import (
	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
)

// runPage is one run.
type runPage struct {
	Run      client.Run
	Coupling client.Coupling
	News     runNews
}

// runNews is what changes of a run.
type runNews struct {
	Run client.Run
	// Events are the newest of its timeline first; Earlier says that there are more.
	Events  []client.Event
	Earlier bool
}

// The most events of a timeline that are shown, and that are walked through.
const (
	eventsShown = 100
	eventsMost  = 5000
)

func (s *site) run(v *visit) (*page, error) {
	fresh, err := s.lookAtRun(v)
	if err != nil {
		return nil, err
	}
	c, err := v.api.Coupling(v.Context(), fresh.Run.Coupling)
	if err != nil {
		return nil, err
	}
	shown := runPage{Run: fresh.Run, Coupling: c, News: fresh}
	return &page{name: "run", Title: objectWord(fresh.Run.Group) + " of " + c.Name, Section: "couplings", Data: shown}, nil
}

func (s *site) runNews(v *visit) (news, error) {
	fresh, err := s.lookAtRun(v)
	state := known(runWords, fresh.Run.State)
	return news{name: "run", data: fresh, say: "The run: " + state.Name + ". " + state.Says, over: fresh.Run.State.Ended()}, err
}

func (s *site) lookAtRun(v *visit) (runNews, error) {
	ctx := v.Context()
	run, err := v.api.Run(ctx, v.PathValue("id"))
	if err != nil {
		return runNews{}, err
	}
	out := runNews{Run: run}
	list := client.Page{Limit: 500}
	for seen := 0; seen < eventsMost; {
		events, err := v.api.Timeline(ctx, run.ID, list)
		if err != nil {
			return runNews{}, err
		}
		seen += len(events.Data)
		for _, e := range events.Data {
			out.Events = append([]client.Event{e}, out.Events[:min(len(out.Events), eventsShown-1)]...)
		}
		out.Earlier = seen > eventsShown
		if list.Cursor = events.Next; list.Cursor == "" {
			break
		}
	}
	return out, nil
}

// actOnRun is a button of the page.
func (s *site) actOnRun(v *visit) (*page, error) {
	ctx, id := v.Context(), v.PathValue("id")
	word, err := "", error(nil)
	switch v.PathValue("action") {
	case "cancel":
		word = "cancelled"
		_, err = v.api.Cancel(ctx, id)
	case "accept":
		word = "accepted"
		_, err = v.api.AcceptRun(ctx, id)
	case "reject":
		word = "rejected"
		_, err = v.api.RejectRun(ctx, id)
	default:
		err = errNoPage
	}
	return &page{to: "/runs/" + id + "?done=" + word}, err
}

// runsPage lists runs.
type runsPage struct {
	Filter client.RunFilter
	States []koppel.RunState
	Runs   []client.Run
	// Coupling is the one whose runs they are; nil for those of all, whose
	// couplings have Names.
	Coupling *client.Coupling
	Names    map[string]string
	Next     string
}

func (s *site) runs(v *visit) (*page, error) {
	q := v.URL.Query()
	f := client.RunFilter{Page: client.Page{Limit: listSize, Cursor: q.Get("cursor")}, Coupling: q.Get("coupling"), State: koppel.RunState(q.Get("state"))}
	list, err := v.api.Runs(v.Context(), f)
	if err != nil {
		return nil, err
	}
	shown := runsPage{Filter: f, Runs: list.Data, Next: further(v.URL, list.Next), States: []koppel.RunState{koppel.RunRunning, koppel.RunWaiting, koppel.RunQueued,
		koppel.RunSucceeded, koppel.RunSucceededWithParked, koppel.RunSuspect, koppel.RunFailed, koppel.RunCancelled}}
	shown.Coupling, shown.Names, err = namesOf(v, f.Coupling, list.Data, func(r client.Run) string { return r.Coupling })
	if err != nil {
		return nil, err
	}
	return &page{name: "runs", Title: "Runs", Section: "runs", Data: shown}, nil
}
