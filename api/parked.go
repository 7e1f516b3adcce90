package api

import (
	"context"
	"slices"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/connectors"
	"github.com/koppel-io/koppel/store"
)

// parked is a record that could not be processed.
type parked struct {
	ID         string      `json:"id" format:"uuid"`
	Coupling   string      `json:"coupling" format:"uuid"`
	Stream     string      `json:"stream"`
	RemoteID   string      `json:"remote_id"`
	Object     string      `json:"object,omitempty" doc:"Absent when the record itself is damaged"`
	Kind       koppel.Kind `json:"kind"`
	Field      string      `json:"field,omitempty"`
	Expression string      `json:"expression,omitempty"`
	Input      string      `json:"input,omitempty" doc:"What the expression was given"`
	Reason     string      `json:"reason"`
	Push       string      `json:"push,omitempty" format:"uuid" doc:"The write that a person must see to; absent for a record"`
	Run        string      `json:"run,omitempty" format:"uuid" doc:"The last run that parked it"`
	FirstAt    time.Time   `json:"first_at"`
	LastAt     time.Time   `json:"last_at"`
	Times      int64       `json:"times" doc:"How often it was parked"`
	ResolvedAt *time.Time  `json:"resolved_at,omitempty" doc:"When it was mapped after all, or a person took it off the list"`
	ResolvedBy string      `json:"resolved_by,omitempty" doc:"Who took it off the list; absent when it was mapped after all"`
	Resolution string      `json:"resolution,omitempty" doc:"Why it was taken off the list"`
}

func showParked(p store.ParkedRow) parked {
	return parked{
		ID: p.UUID, Coupling: p.CouplingUUID, Stream: text(p.Stream), RemoteID: p.RemoteID, Object: p.Object, Kind: p.Kind, Field: p.Field,
		Expression: p.Expression, Input: p.Input, Reason: p.Reason, Push: text(p.Outbox), Run: text(p.RunUUID), FirstAt: p.FirstAt, LastAt: p.LastAt, Times: p.Times,
		ResolvedAt: p.ResolvedAt, ResolvedBy: text(p.ResolvedBy), Resolution: text(p.ResolvedReason),
	}
}

type parkedList struct {
	Paging
	Webshop  string        `query:"webshop" format:"uuid"`
	Coupling string        `query:"coupling" format:"uuid"`
	Object   koppel.Object `query:"object" enum:"suppliers,products,product_compositions,supplier_products,sell_orders,shipments,buy_orders,item_deliveries"`
	Kind     koppel.Kind   `query:"kind" maxLength:"64"`
	Field    string        `query:"field" maxLength:"255"`
	Resolved bool          `query:"resolved" doc:"The resolved ones instead of the open ones"`
	Search   string        `query:"search" maxLength:"255" doc:"A remote id, or a part of reason, field or input"`
}

func (s *server) listParked(ctx context.Context, who caller, in *parkedList) (pageBody[parked], error) {
	scope, err := s.narrow(ctx, who, in.Webshop)
	if err != nil {
		return pageBody[parked]{}, err
	}
	return store.With(ctx, s.Store, scope, func(tx *store.Tx) (pageBody[parked], error) {
		if in.Coupling != "" {
			if _, err := tx.Coupling(ctx, in.Coupling); err != nil {
				return pageBody[parked]{}, err
			}
		}
		page, err := tx.ParkedRecords(ctx, store.ParkedFilter{
			Coupling: in.Coupling, Object: in.Object, Kind: in.Kind, Field: in.Field, Resolved: in.Resolved, Search: in.Search, Limit: in.Limit, After: in.Cursor,
		})
		return pageOf(page, showParked), err
	})
}

// retried are the runs that read parked records again.
type retried struct {
	Records int       `json:"records" doc:"Parked records that the runs read"`
	Runs    []started `json:"runs" nullable:"false" doc:"One a stream group; none when nothing is parked"`
}

func (s *server) retryParked(ctx context.Context, who caller, in *ByID) (retried, error) {
	p, err := store.With(ctx, s.Store, who.scope, func(tx *store.Tx) (store.ParkedRow, error) { return tx.Parked(ctx, in.ID) })
	if err != nil {
		return retried{}, err
	}
	if p.ResolvedAt != nil {
		return retried{}, koppel.E(koppel.KindConflict, "retry parked record", "the record is not parked any more")
	}
	return s.retry(ctx, who, p.CouplingUUID, []store.ParkedRow{p})
}

type retryRequest struct {
	Body struct {
		Coupling string        `json:"coupling" format:"uuid"`
		Kind     koppel.Kind   `json:"kind,omitempty" maxLength:"64"`
		Object   koppel.Object `json:"object,omitempty" enum:"suppliers,products,product_compositions,supplier_products,sell_orders,shipments,buy_orders,item_deliveries"`
		Field    string        `json:"field,omitempty" maxLength:"255"`
		DryRun   bool          `json:"dry_run,omitempty" doc:"Only say how many"`
	}
}

func (s *server) retryAllParked(ctx context.Context, who caller, in *retryRequest) (retried, error) {
	filter := store.ParkedFilter{Coupling: in.Body.Coupling, Object: in.Body.Object, Kind: in.Body.Kind, Field: in.Body.Field, Limit: 500}
	var all []store.ParkedRow
	if _, _, err := s.findCoupling(ctx, who, in.Body.Coupling); err != nil {
		return retried{}, err
	}
	for more := true; more && (len(all) <= retryMost || in.Body.DryRun); {
		page, err := store.With(ctx, s.Store, who.scope, func(tx *store.Tx) (store.Page[store.ParkedRow], error) { return tx.ParkedRecords(ctx, filter) })
		if err != nil {
			return retried{}, err
		}
		all, filter.After, more = append(all, page.Items...), page.Next, page.Next != ""
	}
	if in.Body.DryRun {
		return retried{Records: len(all), Runs: []started{}}, nil
	}
	return s.retry(ctx, who, in.Body.Coupling, all)
}

// retryMost is after how many parked records the whole group is mapped again
// instead, which reads every stored record but asks the remote for none.
const retryMost = 5000

// retry opens one run a stream group: a single run of the parked records'
// remote ids, or a replay of the group where those are more than one run takes.
func (s *server) retry(ctx context.Context, who caller, id string, rows []store.ParkedRow) (retried, error) {
	out := retried{Records: len(rows), Runs: []started{}}
	if len(rows) == 0 {
		return out, nil
	}
	c, scope, err := s.findCoupling(ctx, who, id)
	if err != nil {
		return retried{}, err
	}
	connector, err := s.connectorOf(ctx, c)
	if err != nil {
		return retried{}, err
	}
	keys := map[string][]string{}
	for _, p := range rows {
		if p.Outbox != nil {
			sent, err := s.retryPush(ctx, who, &ByID{ID: *p.Outbox})
			if err != nil {
				return retried{}, err
			}
			out.Runs = append(out.Runs, started{Run: sent.Run})
			continue
		}
		group, ok := groupOf(connector, p)
		if !ok {
			return retried{}, koppel.E(koppel.KindConflict, "retry parked records", "connector "+c.Connector+" "+connector.Version+" no longer reads stream "+text(p.Stream))
		}
		if name := string(group.Name); !slices.Contains(keys[name], p.RemoteID) {
			keys[name] = append(keys[name], p.RemoteID)
		}
	}
	for _, group := range connector.Groups() {
		ids := keys[string(group.Name)]
		if len(ids) == 0 {
			continue
		}
		n := store.NewRun{Coupling: c.UUID, StreamGroup: string(group.Name), Mode: koppel.ModeSingle, Keys: store.RunKeys{RemoteIDs: ids}}
		if len(ids) > keysMost {
			n.Mode, n.Keys = koppel.ModeReplay, store.RunKeys{}
		}
		run, err := s.open(ctx, who, scope, n)
		if err != nil {
			return retried{}, err
		}
		out.Runs = append(out.Runs, run)
	}
	return out, nil
}

// groupOf is the stream group that reads a parked record.
func groupOf(connector *connectors.Connector, p store.ParkedRow) (connectors.Group, bool) {
	for _, group := range connector.Groups() {
		if slices.Contains(group.Streams, text(p.Stream)) {
			return group, true
		}
	}
	return connectors.Group{}, false
}
