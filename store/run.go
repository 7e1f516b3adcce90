package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
)

// Run is one execution for one coupling and stream group or pushed object. The counters are sums over its scans;
// in the scope Queues, which sees no scans, they are zero.
type Run struct {
	ID           int64
	UUID         string
	WebshopID    int64
	WebshopUUID  string
	CouplingID   int64
	CouplingUUID string
	Connector    string
	Direction    koppel.Direction
	StreamGroup  string // for pushes the object
	Mode         koppel.Mode
	Trigger      koppel.Trigger
	AskedBy      string
	WorkflowID   string
	State        koppel.RunState
	WaitReason   *string
	WaitUntil    *time.Time
	WindowFrom   *time.Time
	WindowTo     *time.Time
	WindowBy     *string
	Keys         RunKeys
	// ConnectorVersionID and ConnectorDigest are what the run pinned when it started; nil before.
	ConnectorVersionID *int64
	ConnectorDigest    *string
	// Overrides are the inner ids of the mapping overrides that it pinned.
	Overrides       []int64
	Settings        json.RawMessage
	SettingsVersion int64
	RemoteVersion   string
	Evidence        []koppel.Evidence
	Error           *koppel.Advice
	QueuedAt        time.Time
	StartedAt       *time.Time
	FinishedAt      *time.Time
	LastPageAt      *time.Time
	// Total is what the remotes said there is, added up; -1 when one of the streams did not tell or none was begun.
	Total int64
	koppel.Counts
}

// ByCreation reports whether the run reads by when records were made.
func (r Run) ByCreation() bool {
	return r.Mode == koppel.ModeHistory || r.Window().By == koppel.ByCreation
}

// Refetches reports whether the run reads what webhooks or new records named.
func (r Run) Refetches() bool {
	return r.Mode == koppel.ModeSingle && (r.Trigger == koppel.TriggerWebhook || r.Trigger == koppel.TriggerDependency)
}

// Window is the run's effective window.
func (r Run) Window() koppel.Window {
	var w koppel.Window
	if r.WindowFrom != nil {
		w.From = *r.WindowFrom
	}
	if r.WindowTo != nil {
		w.To = *r.WindowTo
	}
	if r.WindowBy != nil {
		w.By = koppel.WindowBy(*r.WindowBy)
	}
	return w
}

// RunKeys are what a single run reads, or which outbox row a push writes.
type RunKeys struct {
	RemoteIDs []string `json:"remote_ids,omitempty"`
	SKUs      []string `json:"skus,omitempty"`
	EANs      []string `json:"eans,omitempty"`
	Numbers   []string `json:"numbers,omitempty"`
	// Corrected: the remote ids are records that a person corrected; they are taken from there.
	Corrected bool  `json:"corrected,omitempty"`
	OutboxID  int64 `json:"outbox_id,omitempty"`
	// Proposal is the outside id of the proposal whose decision the run carries out.
	Proposal string `json:"proposal,omitempty"`
	// Sample is how many records of each stream a comparison looks at.
	Sample int `json:"sample,omitempty"`
}

// Len is how many keys there are.
func (k RunKeys) Len() int {
	n := len(k.RemoteIDs) + len(k.SKUs) + len(k.EANs) + len(k.Numbers)
	if k.OutboxID != 0 {
		n++
	}
	return n
}

const runSelect = `
SELECT r.id, r.uuid, r.webshop_id, w.uuid AS webshop_uuid, r.coupling_id, c.uuid AS coupling_uuid, c.connector,
       r.direction, r.stream_group, r.mode, r.trigger, r.asked_by, r.workflow_id, r.state, r.wait_reason, r.wait_until,
       r.window_from, r.window_to, r.window_by, r.keys, r.connector_version_id, v.digest AS connector_digest, r.overrides, r.settings,
       r.settings_version, r.remote_version, r.evidence, r.error, r.queued_at, r.started_at, r.finished_at,
       s.last_page_at, s.total, s.pages, s.records, s.changed, s.unchanged, s.parked, s.gone, s.objects, s.bytes
FROM run r
JOIN webshop w ON w.id = r.webshop_id
JOIN coupling c ON c.id = r.coupling_id
LEFT JOIN connector_version v ON v.id = r.connector_version_id
CROSS JOIN LATERAL (
    SELECT max(last_page_at) AS last_page_at,
           coalesce(CASE WHEN bool_and(total >= 0) THEN sum(total) END, -1)::bigint AS total,
           coalesce(sum(pages), 0)::bigint AS pages, coalesce(sum(records), 0)::bigint AS records,
           coalesce(sum(changed), 0)::bigint AS changed, coalesce(sum(unchanged), 0)::bigint AS unchanged,
           coalesce(sum(parked), 0)::bigint AS parked, coalesce(sum(gone), 0)::bigint AS gone,
           coalesce(sum(objects), 0)::bigint AS objects, coalesce(sum(bytes), 0)::bigint AS bytes
    FROM scan WHERE run_id = r.id AND webshop_id = r.webshop_id
) s`

const runSQL = runSelect + ` WHERE r.uuid = $1`

// Run finds one by its outside id.
func (tx *Tx) Run(ctx context.Context, id string) (Run, error) {
	const op = "get run"
	if err := checkID(op, "run", id); err != nil {
		return Run{}, err
	}
	r, err := one[Run](ctx, tx, runSQL, id)
	return r, foundOr(op, "run", id, err)
}

const lockRunSQL = `SELECT id FROM run WHERE uuid = $1 FOR NO KEY UPDATE`

// lockRun finds a run and keeps others from changing it until the transaction ends.
func (tx *Tx) lockRun(ctx context.Context, op, id string) (Run, error) {
	if err := checkID(op, "run", id); err != nil {
		return Run{}, err
	}
	if _, err := tx.exec(ctx, lockRunSQL, id); err != nil {
		return Run{}, wrap(op, err)
	}
	r, err := one[Run](ctx, tx, runSQL, id)
	return r, foundOr(op, "run", id, err)
}

// RunFilter narrows a list of runs; the zero value lists all of the scope.
type RunFilter struct {
	Coupling  string // outside id
	Group     string
	Direction koppel.Direction
	Mode      koppel.Mode
	Trigger   koppel.Trigger
	States    []koppel.RunState
	Limit     int
	After     string
}

const runsSQL = runSelect + `
WHERE r.id < @after AND (@coupling::uuid IS NULL OR c.uuid = @coupling) AND (@group = '' OR r.stream_group = @group)
  AND (@direction = '' OR r.direction = @direction) AND (@mode = '' OR r.mode = @mode) AND (@trigger = '' OR r.trigger = @trigger)
  AND (cardinality(@states::text[]) = 0 OR r.state = ANY (@states))
ORDER BY r.id DESC LIMIT @limit`

// Runs lists runs, newest first.
func (tx *Tx) Runs(ctx context.Context, f RunFilter) (Page[Run], error) {
	const op = "list runs"
	from, err := idAfter(op, "runs", f.After, 1<<62)
	if err != nil {
		return Page[Run]{}, err
	}
	coupling, err := idOrNull(op, "coupling", f.Coupling)
	if err != nil {
		return Page[Run]{}, err
	}
	states := make([]string, 0, len(f.States))
	for _, s := range f.States {
		states = append(states, string(s))
	}
	size := pageSize(f.Limit)
	rows, err := many[Run](ctx, tx, runsSQL, pgx.StrictNamedArgs{
		"after": from, "coupling": coupling, "group": f.Group, "direction": string(f.Direction),
		"mode": string(f.Mode), "trigger": string(f.Trigger), "states": states, "limit": size + 1,
	})
	return pageOf("runs", rows, size, func(r Run) int64 { return r.ID }), wrap(op, err)
}

const openRunsSQL = runSelect + `
WHERE r.id > @after AND r.state IN ('queued', 'running', 'waiting') ORDER BY r.id LIMIT @limit`

// OpenRuns lists runs that have not ended, oldest first, from the one after the given inner id on: the sweep's work
// list, in the scope Queues over all webshops.
func (tx *Tx) OpenRuns(ctx context.Context, after int64, limit int) ([]Run, error) {
	list, err := many[Run](ctx, tx, openRunsSQL, pgx.StrictNamedArgs{"after": after, "limit": pageSize(limit)})
	return list, wrap("list open runs", err)
}

const nextQueuedSQL = runSelect + `
WHERE r.coupling_id = @coupling AND r.stream_group = @group AND r.state = 'queued' AND r.mode IN ('full', 'since', 'window', 'history')
  AND NOT EXISTS (
      SELECT FROM run a WHERE a.coupling_id = r.coupling_id AND a.stream_group = r.stream_group
      AND a.state IN ('running', 'waiting') AND a.mode IN ('full', 'since', 'window', 'history'))
ORDER BY r.id LIMIT 1`

// NextQueuedRun is the queued scan of a stream group that may start now; ok is false when there is none, or while
// another one is active.
func (tx *Tx) NextQueuedRun(ctx context.Context, coupling int64, group string) (r Run, ok bool, err error) {
	list, err := many[Run](ctx, tx, nextQueuedSQL, pgx.StrictNamedArgs{"coupling": coupling, "group": group})
	if err != nil || len(list) == 0 {
		return Run{}, false, wrap("find next queued run", err)
	}
	return list[0], true, nil
}
