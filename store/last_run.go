package store

import (
	"context"
	"time"

	"github.com/koppel-io/koppel"
)

// LastRun is the newest run of a stream group of a coupling, or the newest that ended, or both.
type LastRun struct {
	UUID        string
	StreamGroup string
	Mode        koppel.Mode
	State       koppel.RunState
	Error       *koppel.Advice
	Evidence    []koppel.Evidence
	FinishedAt  *time.Time
	// Newest: no run of the group is younger. NewestEnded: no run of the group that ended is.
	Newest      bool
	NewestEnded bool
}

const lastRunsSQL = `
WITH last AS (
    SELECT stream_group, direction, max(id) AS newest,
           max(id) FILTER (WHERE state NOT IN ('queued', 'running', 'waiting', 'cancelled')) AS ended
    FROM (SELECT id, stream_group, direction, state FROM run
          WHERE coupling_id = $1 AND mode NOT IN ('single', 'replay', 'compare') ORDER BY id DESC LIMIT 2000) recent
    GROUP BY stream_group, direction
)
SELECT r.uuid, r.stream_group, r.mode, r.state, r.error, r.evidence, r.finished_at,
       r.id = l.newest AS newest, coalesce(r.id = l.ended, false) AS newest_ended
FROM last l JOIN run r ON r.id IN (l.newest, l.ended)
ORDER BY l.newest DESC, r.id DESC`

// LastRuns lists, for each stream group of a coupling by its inner id, the newest run and the newest that ended, out
// of the coupling's last two thousand: its cost must not grow with the coupling's age. Singles, replays and comparisons,
// which say nothing about the flow of data, are left out.
func (tx *Tx) LastRuns(ctx context.Context, coupling int64) ([]LastRun, error) {
	list, err := many[LastRun](ctx, tx, lastRunsSQL, coupling)
	return list, wrap("list last runs", err)
}
