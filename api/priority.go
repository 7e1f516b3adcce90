package api

import (
	"context"
	"fmt"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

// priority is the order of strength of a webshop's couplings for a field group of an object.
type priority struct {
	Object    koppel.Object `json:"object"`
	Group     string        `json:"group"`
	Fields    []string      `json:"fields" nullable:"false"`
	Set       bool          `json:"set" doc:"False: the couplings stand in the order in which they were activated"`
	Couplings []ranked      `json:"couplings" nullable:"false" doc:"The strongest first"`
}

type ranked struct {
	Coupling string `json:"coupling" format:"uuid"`
	Name     string `json:"name"`
}

type priorities struct {
	Data []priority `json:"data" nullable:"false"`
	Run  string     `json:"run,omitempty" format:"uuid" doc:"The run that merges the objects again that are there"`
}

func (s *server) listPriorities(ctx context.Context, who caller, in *ByID) (priorities, error) {
	scope, err := s.narrow(ctx, who, in.ID)
	if err != nil {
		return priorities{}, err
	}
	return store.Read(ctx, s.Store, scope, func(tx *store.Tx) (priorities, error) { return readPriorities(ctx, tx) })
}

func readPriorities(ctx context.Context, tx *store.Tx) (priorities, error) {
	out := priorities{Data: []priority{}}
	couplings, err := tx.WebshopCouplings(ctx)
	if err != nil {
		return out, err
	}
	for _, object := range koppel.Objects() {
		for _, group := range object.Groups() {
			p := priority{Object: object, Group: group.Name, Fields: group.Fields, Couplings: []ranked{}}
			for _, c := range store.Strength(couplings, object, group.Name) {
				_, set := c.Ranks[object][group.Name]
				p.Set = p.Set || set
				p.Couplings = append(p.Couplings, ranked{Coupling: c.UUID, Name: c.Name})
			}
			out.Data = append(out.Data, p)
		}
	}
	return out, nil
}

type priorityRequest struct {
	ByID
	Body struct {
		Object    koppel.Object `json:"object" maxLength:"64"`
		Group     string        `json:"group" maxLength:"64" doc:"A field group of the object, such as stock"`
		Couplings []string      `json:"couplings" maxItems:"100" doc:"The strongest first; none: the order in which they were activated"`
	}
}

func (s *server) setPriority(ctx context.Context, who caller, in *priorityRequest) (priorities, error) {
	const op = "set priority"
	bad := &fieldErrors{}
	if !in.Body.Object.Valid() {
		bad.add("body.object", fmt.Sprintf("%q is no object", in.Body.Object))
	}
	if err := bad.err(op); err != nil {
		return priorities{}, err
	}
	scope, err := s.narrow(ctx, who, in.ID)
	if err != nil {
		return priorities{}, err
	}
	var couplings []store.Coupling
	out, err := store.With(ctx, s.Store, scope, func(tx *store.Tx) (priorities, error) {
		before, err := readPriorities(ctx, tx)
		if err != nil {
			return before, err
		}
		if err := tx.RankCouplings(ctx, in.Body.Object, in.Body.Group, in.Body.Couplings); err != nil {
			return before, err
		}
		if couplings, err = tx.WebshopCouplings(ctx); err != nil {
			return before, err
		}
		after, err := readPriorities(ctx, tx)
		if err != nil {
			return after, err
		}
		of := func(p priorities) []ranked {
			for _, one := range p.Data {
				if one.Object == in.Body.Object && one.Group == in.Body.Group {
					return one.Couplings
				}
			}
			return nil
		}
		return after, audit(ctx, tx, who, "webshop.priority", in.ID, of(before), of(after))
	})
	if err != nil {
		return out, err
	}
	out.Run, err = s.mergeAgain(ctx, who, scope, couplings, in.Body.Object)
	return out, err
}

// mergeAgain opens the run that merges a webshop's objects of a kind again. It is a run of one of the couplings, as
// every run is; "" when none can run, where objects follow when they are next read.
func (s *server) mergeAgain(ctx context.Context, who caller, scope store.Scope, couplings []store.Coupling, object koppel.Object) (string, error) {
	for _, c := range couplings {
		if c.State != koppel.CouplingActive {
			continue
		}
		run, err := s.open(ctx, who, scope, store.NewRun{Coupling: c.UUID, StreamGroup: string(object), Mode: koppel.ModeMerge})
		return run.Run, err
	}
	return "", nil
}
