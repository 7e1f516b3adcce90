package api

import (
	"context"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

type couplingList struct {
	Paging
	Webshop   string               `query:"webshop" format:"uuid"`
	Connector string               `query:"connector" maxLength:"63"`
	State     koppel.CouplingState `query:"state" enum:"draft,activating,active,paused,needs_reauth,disabled,removed" doc:"All but removed ones when absent"`
	Health    string               `query:"health" enum:"ok,degraded,failing" doc:"A page may then hold fewer than asked for, and still have a next one"`
	Search    string               `query:"search" maxLength:"255" doc:"Part of its name or its webshop's, the webshop's external_ref, or the end of an id"`
}

// lookMost is how many couplings are looked at for one page of a health.
const lookMost = 1000

func (s *server) listCouplings(ctx context.Context, who caller, in *couplingList) (pageBody[coupling], error) {
	scope, err := s.narrow(ctx, who, in.Webshop)
	if err != nil {
		return pageBody[coupling]{}, err
	}
	filter := store.CouplingFilter{Connector: in.Connector, State: in.State, Search: in.Search, Limit: in.Limit, After: in.Cursor}
	return store.Read(ctx, s.Store, scope, func(tx *store.Tx) (pageBody[coupling], error) {
		out, versions := pageBody[coupling]{Data: []coupling{}}, &versionNames{}
		for looked := 0; ; {
			page, err := tx.Couplings(ctx, filter)
			if err != nil {
				return pageBody[coupling]{}, err
			}
			for _, c := range page.Items {
				if in.Health != "" {
					runs, err := tx.LastRuns(ctx, c.ID)
					if err != nil {
						return pageBody[coupling]{}, err
					}
					if healthOf(c, runs).State != in.Health {
						continue
					}
				}
				shown, err := showCoupling(ctx, tx, c, versions)
				if err != nil {
					return pageBody[coupling]{}, err
				}
				out.Data = append(out.Data, shown)
			}
			out.Next, filter.After = page.Next, page.Next
			looked += len(page.Items)
			if in.Health == "" || page.Next == "" || looked >= lookMost || len(out.Data) > 0 {
				return out, nil
			}
		}
	})
}
