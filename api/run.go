package api

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

// run is a run as the API shows it.
type run struct {
	ID               string            `json:"id" format:"uuid"`
	Webshop          string            `json:"webshop" format:"uuid"`
	Coupling         string            `json:"coupling" format:"uuid"`
	Connector        string            `json:"connector"`
	ConnectorVersion string            `json:"connector_version,omitempty" doc:"Digest of the version the run pinned; absent before it started"`
	Overrides        []string          `json:"overrides,omitempty" doc:"The mapping overrides the run pinned, such as webshop 1, coupling 3; left out in lists"`
	Direction        koppel.Direction  `json:"direction" enum:"pull,push"`
	Group            string            `json:"group" doc:"Stream group; for pushes the object"`
	Mode             koppel.Mode       `json:"mode" enum:"full,since,window,history,single,replay,merge,push,proposal,compare"`
	Trigger          koppel.Trigger    `json:"trigger" enum:"activation,schedule,manual,webhook,dependency"`
	AskedBy          string            `json:"asked_by,omitempty"`
	State            koppel.RunState   `json:"state" enum:"queued,running,waiting,succeeded,succeeded_with_parked,suspect,failed,cancelled"`
	Wait             *wait             `json:"wait,omitempty"`
	Window           *koppel.Window    `json:"window,omitempty"`
	Keys             *runKeys          `json:"keys,omitempty"`
	Counts           koppel.Counts     `json:"counts"`
	Expected         *int64            `json:"expected" doc:"Records the remote says there are; null when it does not tell"`
	Streams          []runStream       `json:"streams,omitempty" doc:"Left out in lists"`
	Evidence         []koppel.Evidence `json:"evidence" nullable:"false"`
	Error            *koppel.Advice    `json:"error,omitempty"`
	WorkflowID       string            `json:"workflow_id"`
	QueuedAt         time.Time         `json:"queued_at"`
	StartedAt        *time.Time        `json:"started_at"`
	LastPageAt       *time.Time        `json:"last_page_at"`
	FinishedAt       *time.Time        `json:"finished_at"`
}

type wait struct {
	Reason string     `json:"reason"`
	Until  *time.Time `json:"until,omitempty"`
	// Advice is there when the run waits out a failure.
	Advice *koppel.Advice `json:"advice,omitempty" doc:"Who must act and how, when the run waits out a failure"`
}

// heldForLogin begins the reason of a run that is held until the customer logs in again.
const heldForLogin = "the coupling is " + string(koppel.CouplingNeedsReauth)

// adviceOfWait is what to do about a wait whose reason begins with a kind of error, or is that a login is needed; nil for other waits.
func adviceOfWait(reason, coupling, run string) *koppel.Advice {
	kind, detail, _ := strings.Cut(reason, ": ")
	if strings.HasPrefix(kind, heldForLogin) {
		kind = string(koppel.KindAuth)
	}
	if !slices.Contains(koppel.Kinds(), koppel.Kind(kind)) {
		return nil
	}
	advice := koppel.Advise(koppel.E(koppel.Kind(kind), "", detail), coupling, run)
	return &advice
}

type runKeys struct {
	RemoteIDs []string `json:"remote_ids,omitempty"`
	SKUs      []string `json:"skus,omitempty"`
	EANs      []string `json:"eans,omitempty"`
	Numbers   []string `json:"numbers,omitempty"`
}

type runStream struct {
	Stream     string        `json:"stream"`
	Counts     koppel.Counts `json:"counts"`
	Total      *int64        `json:"total" doc:"Null when the remote does not tell"`
	EndRule    string        `json:"end_rule" doc:"The end rule that was met; empty before"`
	Complete   bool          `json:"complete" doc:"The whole collection was read in one scan"`
	StartedAt  time.Time     `json:"started_at"`
	LastPageAt *time.Time    `json:"last_page_at"`
}

func showRun(r store.Run) run {
	out := run{
		ID: r.UUID, Webshop: r.WebshopUUID, Coupling: r.CouplingUUID, Connector: r.Connector, ConnectorVersion: text(r.ConnectorDigest),
		Direction: r.Direction, Group: r.StreamGroup, Mode: r.Mode, Trigger: r.Trigger, AskedBy: r.AskedBy, State: r.State,
		Counts: r.Counts, Expected: told(r.Total), Evidence: r.Evidence, Error: r.Error, WorkflowID: r.WorkflowID,
		QueuedAt: r.QueuedAt, StartedAt: r.StartedAt, LastPageAt: r.LastPageAt, FinishedAt: r.FinishedAt,
	}
	if out.Evidence == nil {
		out.Evidence = []koppel.Evidence{}
	}
	if r.WaitReason != nil {
		out.Wait = &wait{Reason: *r.WaitReason, Until: r.WaitUntil, Advice: adviceOfWait(*r.WaitReason, r.CouplingUUID, r.UUID)}
	}
	if w := r.Window(); w != (koppel.Window{}) {
		out.Window = &w
	}
	if k := r.Keys; len(k.RemoteIDs)+len(k.SKUs)+len(k.EANs)+len(k.Numbers) > 0 {
		out.Keys = &runKeys{RemoteIDs: k.RemoteIDs, SKUs: k.SKUs, EANs: k.EANs, Numbers: k.Numbers}
	}
	return out
}

// told is a total that the remote gave; nil for -1.
func told(total int64) *int64 {
	if total < 0 {
		return nil
	}
	return &total
}

func showStream(s store.Scan) runStream {
	return runStream{
		Stream: s.Stream, Counts: s.Counts, Total: told(s.Total), EndRule: s.EndRule, Complete: s.Complete,
		StartedAt: s.StartedAt, LastPageAt: s.LastPageAt,
	}
}

type runList struct {
	Paging
	Coupling string            `query:"coupling" format:"uuid"`
	Webshop  string            `query:"webshop" format:"uuid"`
	State    []koppel.RunState `query:"state" enum:"queued,running,waiting,succeeded,succeeded_with_parked,suspect,failed,cancelled" doc:"Several are separated by commas"`
	Mode     koppel.Mode       `query:"mode" enum:"full,since,window,history,single,replay,merge,push,proposal,compare"`
}

func (s *server) listRuns(ctx context.Context, who caller, in *runList) (pageBody[run], error) {
	scope, err := s.narrow(ctx, who, in.Webshop)
	if err != nil {
		return pageBody[run]{}, err
	}
	return store.Read(ctx, s.Store, scope, func(tx *store.Tx) (pageBody[run], error) {
		if in.Coupling != "" {
			if _, err := tx.Coupling(ctx, in.Coupling); err != nil {
				return pageBody[run]{}, err
			}
		}
		page, err := tx.Runs(ctx, store.RunFilter{Coupling: in.Coupling, Mode: in.Mode, States: in.State, Limit: in.Limit, After: in.Cursor})
		return pageOf(page, showRun), err
	})
}

func (s *server) getRun(ctx context.Context, who caller, in *ByID) (run, error) {
	return s.wholeRun(ctx, who.scope, in.ID)
}

// wholeRun is a run with its streams.
func (s *server) wholeRun(ctx context.Context, scope store.Scope, id string) (run, error) {
	return store.Read(ctx, s.Store, scope, func(tx *store.Tx) (run, error) {
		r, err := tx.Run(ctx, id)
		if err != nil {
			return run{}, err
		}
		scans, err := tx.Scans(ctx, id)
		out := showRun(r)
		out.Streams = each(scans, showStream)
		if err != nil {
			return out, err
		}
		overrides, err := overridesOfRun(ctx, tx, r.Overrides)
		out.Overrides = each(overrides, store.Override.Name)
		return out, err
	})
}

type event struct {
	At    time.Time       `json:"at"`
	Event string          `json:"event" doc:"queued, started, waiting, resumed, finished, cancelled and what the engine adds"`
	Data  json.RawMessage `json:"data"`
}

type timelineRequest struct {
	ByID
	Paging
}

func (s *server) getTimeline(ctx context.Context, who caller, in *timelineRequest) (pageBody[event], error) {
	return store.Read(ctx, s.Store, who.scope, func(tx *store.Tx) (pageBody[event], error) {
		if _, err := tx.Run(ctx, in.ID); err != nil {
			return pageBody[event]{}, err
		}
		after, err := eventAfter(in.Cursor)
		if err != nil {
			return pageBody[event]{}, err
		}
		size := in.Limit
		if size == 0 {
			size = timelinePage
		}
		events, err := tx.Timeline(ctx, in.ID, after, size)
		if err != nil {
			return pageBody[event]{}, err
		}
		out := pageBody[event]{Data: each(events, func(e store.Event) event { return event{At: e.At, Event: e.Event, Data: e.Data} })}
		if len(events) == size {
			out.Next = eventCursor(events[size-1].ID)
		}
		return out, nil
	})
}

func (s *server) cancelRun(ctx context.Context, who caller, in *ByID) (run, error) {
	r, err := store.With(ctx, s.Store, who.scope, func(tx *store.Tx) (store.Run, error) { return tx.Run(ctx, in.ID) })
	if err != nil {
		return run{}, err
	}
	// A queued scan shares its workflow id with the run it waits for, which must go on.
	if r.State == koppel.RunRunning || r.State == koppel.RunWaiting {
		if err := s.Engine.Cancel(ctx, r.WorkflowID); err != nil {
			return run{}, err
		}
	}
	err = s.Store.InTx(ctx, store.ForWebshop(r.WebshopID), func(tx *store.Tx) error {
		after, err := tx.CancelRun(ctx, in.ID, who.name())
		if err != nil {
			return err
		}
		return audit(ctx, tx, who, "run.cancel", r.UUID, r.State, after.State)
	})
	if err != nil {
		return run{}, err
	}
	return s.wholeRun(ctx, who.scope, in.ID)
}
