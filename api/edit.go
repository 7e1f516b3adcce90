package api

import (
	"context"
	"encoding/json"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

type objectEdit struct {
	ByID
	Object koppel.Object `path:"object" enum:"suppliers,products,supplier_products,sell_orders,buy_orders"`
	Body   struct {
		Values map[string]json.RawMessage `json:"values,omitempty" doc:"What you say of the object, by field; null says that it has none"`
		Remove []string                   `json:"remove,omitempty" maxItems:"100" doc:"Fields of which your value goes, so that the couplings' shows again"`
	}
}

// edited is an object after an edit, with what of it does not show.
type edited struct {
	Object object   `json:"object"`
	Hidden []hidden `json:"hidden" nullable:"false" doc:"Your values that do not show, as a coupling gives the field and does not ignore its own"`
}

type hidden struct {
	Field    string `json:"field"`
	Coupling string `json:"coupling" format:"uuid" doc:"Whose value shows"`
	Next     string `json:"next" doc:"What makes yours win"`
}

// editObject keeps what a person says of an object beside what the couplings say.
func (s *server) editObject(ctx context.Context, who caller, in *objectEdit) (edited, error) {
	const op = "edit object"
	edit := store.Edit{Set: in.Body.Values, Remove: in.Body.Remove}
	values, problems := store.ReadEdit(in.Object, edit)
	bad := &fieldErrors{}
	for _, p := range problems {
		bad.add("body.values."+p.Field, p.Reason)
	}
	if len(edit.Set)+len(edit.Remove) == 0 {
		bad.add("body.values", "name a field to set or to remove")
	}
	if err := bad.err(op); err != nil {
		return edited{}, err
	}
	scope, err := s.scopeOfObject(ctx, who, in.Object, in.ID)
	if err != nil {
		return edited{}, err
	}
	return store.With(ctx, s.Store, scope, func(tx *store.Tx) (edited, error) {
		before, after, err := tx.EditObject(ctx, in.Object, in.ID, values, in.Body.Remove)
		if err != nil {
			return edited{}, err
		}
		if err := audit(ctx, tx, who, "object.edit", in.ID, before, after); err != nil {
			return edited{}, err
		}
		out := edited{Hidden: []hidden{}}
		if out.Object, err = getObject(ctx, tx, in.Object, in.ID); err != nil {
			return edited{}, err
		}
		e, err := tx.Explain(ctx, in.Object, in.ID)
		for _, f := range e.Fields {
			if _, set := edit.Set[f.Field]; set && f.Chosen >= 0 && e.Sources[f.Chosen].CouplingID != 0 {
				coupling := e.Sources[f.Chosen].Coupling
				out.Hidden = append(out.Hidden, hidden{Field: f.Field, Coupling: coupling, Next: "koppel coupling set " + coupling + " ignore_fields." + string(in.Object) + "=" + f.Field})
			}
		}
		return out, err
	})
}

// scopeOfObject is the scope of an object's webshop.
func (s *server) scopeOfObject(ctx context.Context, who caller, kind koppel.Object, id string) (store.Scope, error) {
	o, err := store.With(ctx, s.Store, who.scope, func(tx *store.Tx) (store.ObjectRow, error) { return tx.Object(ctx, kind, id) })
	return store.ForWebshop(o.WebshopID), err
}
