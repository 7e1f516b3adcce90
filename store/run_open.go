package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
)

// NewRun is what a run is opened with. Coupling, Direction, StreamGroup, Mode, Trigger and WorkflowID are required.
type NewRun struct {
	// UUID is the run's id, from NewID, where the workflow's id holds it; "" makes one. Opening the same id again
	// gives the run that is there.
	UUID        string
	Coupling    string // outside id
	Direction   koppel.Direction
	StreamGroup string
	Mode        koppel.Mode
	Trigger     koppel.Trigger
	AskedBy     string
	WorkflowID  string
	Window      koppel.Window
	Keys        RunKeys
}

// Opened says what became of a request for a run.
type Opened struct {
	// Run is the opened run; when Skipped, the one that was met.
	Run Run
	// Skipped: nothing was opened, as a scheduled run met one that is open.
	Skipped bool
	// TookOver: nothing was opened, as a queued run reads what was asked for, or does so now.
	TookOver bool
	// Behind is the id of the active run that this one waits for; "" when it can start at once.
	Behind string
}

const (
	openScansSQL = runSelect + `
WHERE r.coupling_id = @coupling AND r.stream_group = @group AND r.mode IN ('full', 'since', 'window', 'history')
  AND r.state IN ('queued', 'running', 'waiting') ORDER BY r.id`
	insertRunSQL = `
INSERT INTO run (uuid, webshop_id, coupling_id, direction, stream_group, mode, trigger, asked_by, workflow_id, window_from, window_to, window_by, keys)
VALUES (@uuid, @webshop, @coupling, @direction, @group, @mode, @trigger, @asked_by, @workflow, @from, @to, @by, @keys)
RETURNING id`
)

// OpenRun opens a run in state queued, before anything is attempted. Of scans there is one active and one queued
// for each coupling and stream group: a scheduled one that meets an open one is skipped, any other queues behind an
// active one. A manual one that meets a queued one takes that over where one of the two reads all of the other; the
// rest is refused (kind conflict, naming the queued run).
func (tx *Tx) OpenRun(ctx context.Context, n NewRun) (Opened, error) {
	const op = "open run"
	if err := n.check(op); err != nil {
		return Opened{}, err
	}
	// The coupling's lock makes the rules hold when two requests come at once.
	c, err := tx.lockCoupling(ctx, op, n.Coupling)
	if err != nil {
		return Opened{}, err
	}
	if n.UUID == "" {
		n.UUID = NewID()
	} else if there, err := many[Run](ctx, tx, runSQL, n.UUID); err != nil {
		return Opened{}, wrap(op, err)
	} else if len(there) == 1 {
		return Opened{Run: there[0]}, nil
	}
	if c.State != koppel.CouplingActive && c.State != koppel.CouplingActivating {
		return Opened{}, conflict(op, "the coupling is %s; runs need it active", describe(c))
	}
	var behind string
	if n.Mode.Scans() {
		open, err := many[Run](ctx, tx, openScansSQL, pgx.StrictNamedArgs{"coupling": c.ID, "group": n.StreamGroup})
		if err != nil {
			return Opened{}, wrap(op, err)
		}
		for _, r := range open {
			switch {
			case n.Trigger == koppel.TriggerSchedule:
				return Opened{Run: r, Skipped: true}, nil
			case r.State == koppel.RunQueued && n.Trigger == koppel.TriggerManual && takesOver(r, n):
				taken, err := tx.takeOver(ctx, op, r, n)
				return Opened{Run: taken, TookOver: true, Behind: behind}, err
			case r.State == koppel.RunQueued:
				return Opened{}, conflict(op, "run %s of %s is queued already; watch it: koppel run watch %s", r.UUID, n.StreamGroup, r.UUID)
			}
			behind = r.UUID
		}
	}
	r, err := tx.insertRun(ctx, op, c, n, behind)
	return Opened{Run: r, Behind: behind}, err
}

func (tx *Tx) insertRun(ctx context.Context, op string, c Coupling, n NewRun, behind string) (Run, error) {
	var id int64
	err := tx.tx.QueryRow(ctx, insertRunSQL, pgx.StrictNamedArgs{
		"uuid": n.UUID, "webshop": c.WebshopID, "coupling": c.ID, "direction": string(n.Direction), "group": n.StreamGroup,
		"mode": string(n.Mode), "trigger": string(n.Trigger), "asked_by": n.AskedBy, "workflow": n.WorkflowID,
		"from": timeOrNull(n.Window.From), "to": timeOrNull(n.Window.To), "by": textOrNull(string(n.Window.By)), "keys": n.Keys,
	}).Scan(&id)
	if err != nil {
		return Run{}, wrap(op, err)
	}
	data := map[string]string{"trigger": string(n.Trigger), "asked_by": n.AskedBy}
	if behind != "" {
		data["behind"] = behind
	}
	if err := tx.AppendTimeline(ctx, id, EventQueued, data); err != nil {
		return Run{}, wrap(op, err)
	}
	r, err := tx.Run(ctx, n.UUID)
	return r, wrap(op, err)
}

// keysMost is the most keys one single run takes.
const keysMost = 1000

func (n NewRun) check(op string) error {
	switch {
	case n.StreamGroup == "" || n.WorkflowID == "" || n.Mode == "" || n.Trigger == "":
		return invalid(op, "stream group, mode, trigger and workflow id are required")
	case (n.Direction == koppel.Push) != (n.Mode == koppel.ModePush):
		return invalid(op, "direction %q does not go with mode %q", n.Direction, n.Mode)
	case n.Mode == koppel.ModeSingle && n.Keys.Len() == 0:
		return invalid(op, "a single run needs keys: remote ids, SKUs, EANs or numbers")
	case n.Keys.Len() > keysMost:
		return koppel.E(koppel.KindTooLarge, op, "a single run takes at most 1000 keys; split them")
	case n.Mode == koppel.ModeWindow && n.Window.From.IsZero() && n.Window.To.IsZero():
		return invalid(op, "a window run needs from, to or both")
	case n.Mode == koppel.ModeHistory && n.Window.From.IsZero():
		return invalid(op, "a history run needs from")
	case !n.Window.From.IsZero() && !n.Window.To.IsZero() && !n.Window.From.Before(n.Window.To):
		return invalid(op, "the window ends (%s) before it begins (%s)", n.Window.To.Format(time.RFC3339), n.Window.From.Format(time.RFC3339))
	}
	return nil
}

// timeOrNull is an optional time as a query argument: nil when it is zero.
func timeOrNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
