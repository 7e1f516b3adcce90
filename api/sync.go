package api

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/connectors"
	"github.com/koppel-io/koppel/store"
)

type syncRequest struct {
	ByID
	Body struct {
		Object    koppel.Object   `json:"object" enum:"suppliers,products,product_compositions,supplier_products,sell_orders,shipments,buy_orders,item_deliveries" doc:"Its whole stream group is read"`
		Mode      koppel.Mode     `json:"mode" enum:"full,since,window,history,single,replay" doc:"history reads the older gap, back to the setting history_from or two years"`
		From      *time.Time      `json:"from,omitempty" doc:"With mode window"`
		To        *time.Time      `json:"to,omitempty" doc:"With mode window"`
		By        koppel.WindowBy `json:"by,omitempty" enum:"change,creation" doc:"What the window compares with; change when absent"`
		RemoteIDs []string        `json:"remote_ids,omitempty" maxItems:"1000" doc:"With mode single, as the other keys"`
		SKUs      []string        `json:"skus,omitempty" maxItems:"1000"`
		EANs      []string        `json:"eans,omitempty" maxItems:"1000"`
		Numbers   []string        `json:"numbers,omitempty" maxItems:"1000"`
	}
}

// started is what became of a request for a run.
type started struct {
	Run      string `json:"run" format:"uuid"`
	Behind   string `json:"queued_behind,omitempty" format:"uuid" doc:"The run of the same stream group that has to end first"`
	TookOver bool   `json:"took_over,omitempty" doc:"The run was queued already: it reads what was asked for, and was made yours"`
}

func (s *server) startSync(ctx context.Context, who caller, in *syncRequest) (started, error) {
	if err := in.check(); err != nil {
		return started{}, err
	}
	c, scope, err := s.findCoupling(ctx, who, in.ID)
	if err != nil {
		return started{}, err
	}
	connector, err := s.connectorOf(ctx, c)
	if err != nil {
		return started{}, err
	}
	group, ok := connector.Group(in.Body.Object)
	if !ok {
		bad := &fieldErrors{}
		bad.add("body.object", "connector "+c.Connector+" does not read "+string(in.Body.Object)+"; it reads "+objectNames(connector))
		return started{}, bad.err("start sync")
	}
	b := &in.Body
	n := store.NewRun{
		Coupling: c.UUID, StreamGroup: string(group.Name), Mode: b.Mode,
		Keys: store.RunKeys{RemoteIDs: b.RemoteIDs, SKUs: b.SKUs, EANs: b.EANs, Numbers: b.Numbers},
	}
	n.Window.By = b.By
	if b.Mode == koppel.ModeHistory || b.By == koppel.ByCreation {
		if err := checkCreation(connector, group); err != nil {
			return started{}, err
		}
	}
	if b.Mode == koppel.ModeHistory {
		if n.Window.From, err = historyFrom(c, time.Now()); err != nil {
			return started{}, err
		}
	}
	if b.From != nil {
		n.Window.From = *b.From
	}
	if b.To != nil {
		n.Window.To = *b.To
	}
	return s.open(ctx, who, scope, n)
}

// check names everything that does not go with the mode.
func (in *syncRequest) check() error {
	b, bad := &in.Body, &fieldErrors{}
	keys := len(b.RemoteIDs) + len(b.SKUs) + len(b.EANs) + len(b.Numbers)
	switch {
	case b.Mode == koppel.ModeWindow && b.From == nil && b.To == nil:
		bad.add("body.from", "mode window needs from, to or both")
	case b.Mode != koppel.ModeWindow && (b.From != nil || b.To != nil):
		bad.add("body.from", "from and to go with mode window only")
	case b.Mode != koppel.ModeWindow && b.By != "":
		bad.add("body.by", "goes with mode window only")
	case b.From != nil && b.To != nil && !b.From.Before(*b.To):
		bad.add("body.to", "must be after from")
	}
	switch {
	case b.Mode == koppel.ModeSingle && keys == 0:
		bad.add("body.remote_ids", "mode single needs remote_ids, skus, eans or numbers")
	case b.Mode != koppel.ModeSingle && keys > 0:
		bad.add("body.remote_ids", "remote_ids, skus, eans and numbers go with mode single only")
	case keys > keysMost:
		bad.add("body.remote_ids", "at most 1000 keys in one run; split them")
	}
	for name, list := range map[string][]string{"remote_ids": b.RemoteIDs, "skus": b.SKUs, "eans": b.EANs, "numbers": b.Numbers} {
		if slices.ContainsFunc(list, func(key string) bool { return strings.TrimSpace(key) == "" || len(key) > 255 }) {
			bad.add("body."+name, "a key has 1 to 255 characters")
		}
	}
	return bad.err("start sync")
}

// keysMost is the most keys of one single run.
const keysMost = 1000

// open opens a run for the caller and starts its workflow, unless it has to
// wait for another run.
func (s *server) open(ctx context.Context, who caller, scope store.Scope, n store.NewRun) (started, error) {
	n.UUID, n.Direction, n.Trigger, n.AskedBy = store.NewID(), koppel.Pull, koppel.TriggerManual, who.name()
	n.WorkflowID = koppel.PullWorkflowID(n.Mode, n.Coupling, n.StreamGroup, n.UUID)
	opened, err := store.With(ctx, s.Store, scope, func(tx *store.Tx) (store.Opened, error) {
		opened, err := tx.OpenRun(ctx, n)
		if err != nil {
			return opened, err
		}
		return opened, audit(ctx, tx, who, "run.start", opened.Run.UUID, nil, map[string]any{
			"coupling": n.Coupling, "group": n.StreamGroup, "mode": n.Mode,
		})
	})
	if err != nil {
		return started{}, err
	}
	if opened.Behind == "" {
		s.start(ctx, opened.Run)
	}
	return started{Run: opened.Run.UUID, Behind: opened.Behind, TookOver: opened.TookOver}, nil
}

// start starts a run's workflow. The run is open already, so where Temporal is
// away the sweep starts it later: no reason to refuse the request.
func (s *server) start(ctx context.Context, run store.Run) {
	if err := s.Engine.StartRun(ctx, run); err != nil {
		s.log.LogAttrs(ctx, slog.LevelWarn, "run left to the sweep", slog.String("run", run.UUID), slog.Any("error", err))
	}
}

func objectNames(connector *connectors.Connector) string {
	return strings.Join(each(connector.Objects(), func(o koppel.Object) string { return string(o) }), ", ")
}
