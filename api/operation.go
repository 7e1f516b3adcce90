package api

import (
	"context"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

// operation is what a person did to the bindings of objects.
type operation struct {
	ID        string        `json:"id" format:"uuid"`
	Kind      string        `json:"kind" enum:"link,merge,split"`
	Object    koppel.Object `json:"object"`
	Sources   []string      `json:"sources" nullable:"false" doc:"Remote ids of the sources that moved"`
	Ended     string        `json:"ended,omitempty" format:"uuid" doc:"The object that went into another one; its id leads there"`
	Made      string        `json:"made,omitempty" format:"uuid" doc:"The object that a split made"`
	Actor     string        `json:"actor"`
	At        time.Time     `json:"at"`
	UndoUntil time.Time     `json:"undo_until"`
	UndoneAt  *time.Time    `json:"undone_at,omitempty"`
	UndoneBy  string        `json:"undone_by,omitempty"`
}

func showOperation(o store.Operation) operation {
	out := operation{ID: o.UUID, Kind: o.Kind, Object: o.Object, Sources: []string{}, Actor: o.Actor, At: o.At, UndoUntil: o.At.Add(store.UndoFor), UndoneAt: o.UndoneAt, UndoneBy: text(o.UndoneBy)}
	for _, m := range o.Moves.Sources {
		out.Sources = append(out.Sources, m.RemoteID)
	}
	if o.Moves.Ended != nil {
		out.Ended = o.Moves.Ended.UUID
	}
	if o.Moves.Made != nil {
		out.Made = o.Moves.Made.UUID
	}
	return out
}

type operationList struct {
	Paging
	Webshop string `query:"webshop" format:"uuid"`
}

func (s *server) listOperations(ctx context.Context, who caller, in *operationList) (pageBody[operation], error) {
	scope, err := s.narrow(ctx, who, in.Webshop)
	if err != nil {
		return pageBody[operation]{}, err
	}
	return store.With(ctx, s.Store, scope, func(tx *store.Tx) (pageBody[operation], error) {
		page, err := tx.Operations(ctx, in.Limit, in.Cursor)
		return pageOf(page, showOperation), err
	})
}

// bound names a source.
type bound struct {
	Coupling string `json:"coupling" format:"uuid"`
	RemoteID string `json:"remote_id" minLength:"1" maxLength:"255"`
}

type mergeRequest struct {
	ByID
	Object koppel.Object `path:"object" enum:"suppliers,products,supplier_products"`
	Body   struct {
		Into string `json:"into" format:"uuid" doc:"The object that stays"`
	}
}

func (s *server) mergeObjects(ctx context.Context, who caller, in *mergeRequest) (operation, error) {
	return s.byHand(ctx, who, in.Object, in.ID, func(tx *store.Tx) (store.Operation, error) {
		return tx.MergeObjects(ctx, in.Object, in.ID, in.Body.Into, who.name())
	})
}

type linkRequest struct {
	ByID
	Object koppel.Object `path:"object" enum:"suppliers,products,supplier_products"`
	Body   bound
}

func (s *server) linkSource(ctx context.Context, who caller, in *linkRequest) (operation, error) {
	return s.byHand(ctx, who, in.Object, in.ID, func(tx *store.Tx) (store.Operation, error) {
		return tx.LinkSource(ctx, in.Object, store.Binding{Coupling: in.Body.Coupling, RemoteID: in.Body.RemoteID}, in.ID, who.name())
	})
}

type splitRequest struct {
	ByID
	Object koppel.Object `path:"object" enum:"suppliers,products,supplier_products"`
	Body   struct {
		Sources []bound `json:"sources" minItems:"1" maxItems:"100" doc:"What the new object is made of"`
	}
}

func (s *server) splitObject(ctx context.Context, who caller, in *splitRequest) (operation, error) {
	sources := each(in.Body.Sources, func(b bound) store.Binding { return store.Binding{Coupling: b.Coupling, RemoteID: b.RemoteID} })
	return s.byHand(ctx, who, in.Object, in.ID, func(tx *store.Tx) (store.Operation, error) {
		return tx.SplitObject(ctx, in.Object, in.ID, sources, who.name())
	})
}

func (s *server) byHand(ctx context.Context, who caller, object koppel.Object, id string, do func(*store.Tx) (store.Operation, error)) (operation, error) {
	scope, err := s.scopeOfObject(ctx, who, object, id)
	if err != nil {
		return operation{}, err
	}
	return s.operate(ctx, who, scope, do)
}

func (s *server) operate(ctx context.Context, who caller, scope store.Scope, do func(*store.Tx) (store.Operation, error)) (operation, error) {
	return store.With(ctx, s.Store, scope, func(tx *store.Tx) (operation, error) {
		o, err := do(tx)
		if err != nil {
			return operation{}, err
		}
		action := "object." + o.Kind
		if o.UndoneAt != nil {
			action += ".undo"
		}
		return showOperation(o), audit(ctx, tx, who, action, o.UUID, nil, o.Moves)
	})
}

func (s *server) undoOperation(ctx context.Context, who caller, in *ByID) (operation, error) {
	o, err := store.With(ctx, s.Store, who.scope, func(tx *store.Tx) (store.Operation, error) { return tx.Operation(ctx, in.ID) })
	if err != nil {
		return operation{}, err
	}
	return s.operate(ctx, who, store.ForWebshop(o.WebshopID), func(tx *store.Tx) (store.Operation, error) {
		return tx.UndoOperation(ctx, in.ID, who.name())
	})
}
