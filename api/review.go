package api

import (
	"context"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

// review is a record that could not be linked by itself and waits for a person.
type review struct {
	parked
	Candidates []candidate `json:"candidates" nullable:"false" doc:"The objects that it could be"`
}

type candidate struct {
	Object    string   `json:"object" format:"uuid"`
	Name      string   `json:"name"`
	Why       string   `json:"why"`
	Couplings []string `json:"couplings" nullable:"false" doc:"Names of the couplings that know it"`
}

type reviewList struct {
	Paging
	Webshop  string `query:"webshop" format:"uuid"`
	Coupling string `query:"coupling" format:"uuid"`
}

func (s *server) listReviews(ctx context.Context, who caller, in *reviewList) (pageBody[review], error) {
	scope, err := s.narrow(ctx, who, in.Webshop)
	if err != nil {
		return pageBody[review]{}, err
	}
	return store.Read(ctx, s.Store, scope, func(tx *store.Tx) (pageBody[review], error) {
		page, err := tx.Reviews(ctx, in.Coupling, in.Limit, in.Cursor)
		return pageOf(page, func(r store.Review) review {
			return review{parked: showParked(r.ParkedRow), Candidates: each(r.Candidates, func(c store.Candidate) candidate {
				return candidate{Object: c.UUID, Name: c.Name, Why: c.Why, Couplings: c.Couplings}
			})}
		}), err
	})
}

type decision struct {
	ByID
	Body struct {
		Action koppel.Decision `json:"action" enum:"link,create,ignore"`
		Object string          `json:"object,omitempty" format:"uuid" doc:"With link: what it is"`
	}
}

// decided is what became of a decision: the run that maps the record again.
type decided struct {
	Run string `json:"run,omitempty" format:"uuid"`
}

func (s *server) decide(ctx context.Context, who caller, in *decision) (decided, error) {
	return s.reviewed(ctx, who, in.ID, "review."+string(in.Body.Action), in.Body.Object, func(tx *store.Tx) (store.ParkedRow, error) {
		return tx.Decide(ctx, in.ID, in.Body.Action, in.Body.Object, who.name())
	}, true)
}

func (s *server) undecide(ctx context.Context, who caller, in *ByID) (decided, error) {
	return s.reviewed(ctx, who, in.ID, "review.undo", "", func(tx *store.Tx) (store.ParkedRow, error) { return tx.Undecide(ctx, in.ID) }, false)
}

// reviewed applies an answer, with its audit entry, and has the record mapped again from what is stored.
func (s *server) reviewed(ctx context.Context, who caller, id, action, target string, do func(*store.Tx) (store.ParkedRow, error), again bool) (decided, error) {
	p, err := store.With(ctx, s.Store, who.scope, func(tx *store.Tx) (store.ParkedRow, error) { return tx.Parked(ctx, id) })
	if err != nil {
		return decided{}, err
	}
	scope := store.ForWebshop(p.WebshopID)
	if p, err = store.With(ctx, s.Store, scope, func(tx *store.Tx) (store.ParkedRow, error) {
		p, err := do(tx)
		if err != nil {
			return p, err
		}
		return p, audit(ctx, tx, who, action, p.UUID, nil, map[string]string{"coupling": p.CouplingUUID, "object": p.Object, "remote_id": p.RemoteID, "link": target})
	}); err != nil || !again {
		return decided{}, err
	}
	c, _, err := s.findCoupling(ctx, who, p.CouplingUUID)
	if err != nil {
		return decided{}, err
	}
	connector, err := s.connectorOf(ctx, c)
	if err != nil {
		return decided{}, err
	}
	group, ok := groupOf(connector, p)
	if !ok || c.State != koppel.CouplingActive {
		return decided{}, nil // the next run goes by it
	}
	run, err := s.open(ctx, who, scope, store.NewRun{
		Coupling: c.UUID, StreamGroup: string(group.Name), Mode: koppel.ModeReplay, Keys: store.RunKeys{RemoteIDs: []string{p.RemoteID}},
	})
	return decided{Run: run.Run}, err
}
