package store

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
)

// naming gathers what the calls of one transaction name, each record once.
type naming struct {
	webshop, coupling int64
	keys              map[nameKey]*nameRow
	gather            map[string]time.Duration // by group, the shortest
}

type nameKey struct{ stream, id string }

type nameRow struct {
	Named
	ticket int64
	events int
}

func (n *naming) add(call Handled) {
	for _, one := range call.Named {
		k := nameKey{one.Stream, one.ID}
		row := n.keys[k]
		if row == nil {
			row = &nameRow{Named: one, ticket: call.Ticket}
			n.keys[k] = row
		}
		row.events++
		row.hear(one, call.Ticket)
		if least, ok := n.gather[one.Group]; !ok || one.Gather < least {
			n.gather[one.Group] = one.Gather
		}
	}
}

// hear takes in what another call says of the record. A call may come late, since a remote sends again what was not
// answered: a record that is to be read is read, whatever bodies there are, and of two bodies the one counts that the
// remote changed last. Where one of them says that it was deleted, the call that came last counts.
func (r *nameRow) hear(one Named, ticket int64) {
	newer := ticket > r.ticket
	if !r.Gone && !one.Gone {
		switch {
		case (r.Body == nil) != (one.Body == nil):
			newer = one.Body == nil
		case !one.ChangedAt.Equal(r.ChangedAt):
			newer = one.ChangedAt.After(r.ChangedAt)
		}
	}
	if newer {
		r.Named = one
	}
	r.ticket = max(r.ticket, ticket)
}

// write keeps the names and adds a job for each group that had none waiting, in a fixed order.
func (n *naming) write(ctx context.Context, tx *Tx) error {
	rows := make([]*nameRow, 0, len(n.keys))
	for _, row := range n.keys {
		rows = append(rows, row)
	}
	slices.SortFunc(rows, func(a, b *nameRow) int {
		return cmp.Or(strings.Compare(a.Group, b.Group), strings.Compare(a.Stream, b.Stream), strings.Compare(a.ID, b.ID))
	})
	batch := &pgx.Batch{}
	group := ""
	for _, row := range rows {
		if row.Group != group {
			group = row.Group
			batch.Queue(waitSQL, pgx.StrictNamedArgs{"webshop": n.webshop, "coupling": n.coupling, "group": group, "gather": n.gather[group]}).QueryRow(func(r pgx.Row) error {
				var fresh bool
				if err := r.Scan(&fresh); err != nil || fresh {
					return err
				}
				delete(n.gather, row.Group) // a job waits already
				return nil
			})
		}
		batch.Queue(nameSQL, pgx.StrictNamedArgs{
			"webshop": n.webshop, "coupling": n.coupling, "group": row.Group, "stream": row.Stream, "id": row.ID,
			"gone": row.Gone, "body": row.Body, "changed": timeOrNull(row.ChangedAt), "ticket": row.ticket, "events": row.events,
		})
	}
	if err := tx.tx.SendBatch(ctx, batch).Close(); err != nil {
		return err
	}
	for group := range n.gather {
		if err := tx.addJobs(ctx, RefetchJob{Webshop: n.webshop, Coupling: n.coupling, Group: group}); err != nil {
			return err
		}
	}
	return nil
}

// Refetched says what became of a group's wait.
type Refetched struct {
	// Runs were opened and are to be started.
	Runs []Run
	// Again is when the group is looked at next; zero when nothing waits any more.
	Again time.Duration
}

const (
	lockRefetchSQL = `SELECT extract(epoch FROM due_at - clock_timestamp())::float8 FROM refetch WHERE coupling_id = $1 AND stream_group = $2 FOR UPDATE`
	readingSQL     = `
SELECT count(*) FROM run WHERE coupling_id = $1 AND stream_group = $2 AND mode = 'single' AND trigger IN ('webhook', 'dependency') AND state IN ('queued', 'running', 'waiting')`
	// A buy order that waits to be sent is read after that: what the remote has is older than what was changed here.
	namedKeysSQL = `
SELECT k.stream, k.remote_id, k.events FROM refetch_key k WHERE k.coupling_id = $1 AND k.stream_group = $2 AND k.run_id = 0 AND NOT EXISTS (
    SELECT FROM source s JOIN outbox o ON o.webshop_id = s.webshop_id AND o.coupling_id = s.coupling_id AND o.object = 'buy_orders' AND o.object_id = s.object_id
    WHERE s.webshop_id = k.webshop_id AND s.coupling_id = k.coupling_id AND k.remote_id IN (s.record_id, s.remote_id) AND s.object = 'buy_orders' AND o.state IN ('pending', 'sending', 'unknown'))
ORDER BY k.remote_id = '' DESC, k.first_at, k.stream, k.remote_id LIMIT $3`
	stillNamedSQL = `SELECT count(*) FROM refetch_key WHERE coupling_id = $1 AND stream_group = $2 AND run_id = 0`
	giveKeysSQL   = `
WITH given AS (
    UPDATE refetch_key k SET run_id = $2 FROM unnest($3::text[], $4::text[]) AS g(stream, id)
    WHERE k.coupling_id = $1 AND k.run_id = 0 AND k.stream = g.stream AND k.remote_id = g.id RETURNING k.events, k.news
)
SELECT coalesce(sum(events), 0)::bigint, coalesce(sum(news), 0)::bigint FROM given`
	dropNudgeSQL  = `DELETE FROM refetch_key WHERE coupling_id = $1 AND stream_group = $2 AND run_id = 0 AND remote_id = ''`
	dropKeysSQL   = `DELETE FROM refetch_key WHERE coupling_id = $1 AND stream_group = $2 AND run_id = 0`
	endRefetchSQL = `DELETE FROM refetch WHERE coupling_id = $1 AND stream_group = $2`
)

// refetchMost is the most records one run reads because of webhooks; what is more waits for the next.
const refetchMost = 500

// The pauses of a group that cannot be read now.
const (
	refetchSoon  = 2 * time.Second
	refetchLater = 30 * time.Second
)

// Refetch opens the run that reads what webhooks and new records named of a group, once its time has come: one at a time, never held
// up by a scan. A coupling that is paused keeps what was named until it goes on; one that is off forgets it.
func (db *DB) Refetch(ctx context.Context, job RefetchJob) (Refetched, error) {
	const op = "refetch"
	return With(ctx, db, ForWebshop(job.Webshop), func(tx *Tx) (done Refetched, err error) {
		c, err := tx.CouplingByID(ctx, job.Coupling)
		if err != nil {
			return done, err
		}
		// First the coupling, as whoever opens a run does.
		if c, err = tx.lockCoupling(ctx, op, c.UUID); err != nil {
			return done, err
		}
		var left float64
		err = tx.tx.QueryRow(ctx, lockRefetchSQL, job.Coupling, job.Group).Scan(&left)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			return done, nil
		case err != nil:
			return done, wrap(op, err)
		case left > 0:
			done.Again = time.Duration(left * float64(time.Second))
			return done, nil
		}
		switch c.State {
		case koppel.CouplingActive:
		case koppel.CouplingDisabled, koppel.CouplingRemoved:
			if _, err := tx.exec(ctx, dropKeysSQL, job.Coupling, job.Group); err != nil {
				return done, wrap(op, err)
			}
		default:
			done.Again = refetchLater
			return done, nil
		}
		return tx.refetch(ctx, op, c, job)
	})
}

func (tx *Tx) refetch(ctx context.Context, op string, c Coupling, job RefetchJob) (done Refetched, err error) {
	type key struct {
		Stream, RemoteID string
		Events           int64
	}
	keys, err := many[key](ctx, tx, namedKeysSQL, job.Coupling, job.Group, refetchMost)
	if err != nil {
		return done, wrap(op, err)
	}
	if len(keys) > 0 && keys[0].RemoteID == "" {
		run, err := tx.refetchChanged(ctx, c, job)
		if err != nil {
			return done, err
		}
		done.Runs = append(done.Runs, run...)
		keys = slices.DeleteFunc(keys, func(k key) bool { return k.RemoteID == "" })
	}
	var reading int
	if err := tx.tx.QueryRow(ctx, readingSQL, job.Coupling, job.Group).Scan(&reading); err != nil {
		return done, wrap(op, err)
	}
	if len(keys) > 0 && reading == 0 {
		var streams, ids, asked []string
		trigger := koppel.TriggerDependency
		for _, k := range keys {
			if k.Events > 0 {
				trigger = koppel.TriggerWebhook
			}
			streams, ids = append(streams, k.Stream), append(ids, k.RemoteID)
			if !slices.Contains(asked, k.RemoteID) {
				asked = append(asked, k.RemoteID)
			}
		}
		id := NewID()
		opened, err := tx.OpenRun(ctx, NewRun{
			UUID: id, Coupling: c.UUID, Direction: koppel.Pull, StreamGroup: job.Group, Mode: koppel.ModeSingle, Trigger: trigger,
			WorkflowID: koppel.PullWorkflowID(koppel.ModeSingle, c.UUID, job.Group, id), Keys: RunKeys{RemoteIDs: asked},
		})
		if err != nil {
			return done, err
		}
		if err := tx.giveKeys(ctx, opened.Run.ID, job.Coupling, streams, ids); err != nil {
			return done, wrap(op, err)
		}
		done.Runs = append(done.Runs, opened.Run)
	}
	var rest int64
	if err := tx.tx.QueryRow(ctx, stillNamedSQL, job.Coupling, job.Group).Scan(&rest); err != nil {
		return done, wrap(op, err)
	}
	if rest > 0 {
		done.Again = refetchSoon
		return done, nil
	}
	// Nothing waits: the lock has kept all that name something from adding to it.
	_, err = tx.exec(ctx, endRefetchSQL, job.Coupling, job.Group)
	return done, wrap(op, err)
}

// giveKeys makes the run the one that reads the keys, and notes how many calls and new records had named them.
func (tx *Tx) giveKeys(ctx context.Context, run, coupling int64, streams, ids []string) error {
	var calls, news int64
	if err := tx.tx.QueryRow(ctx, giveKeysSQL, coupling, run, streams, ids).Scan(&calls, &news); err != nil {
		return err
	}
	named := map[string]int64{"calls": calls, "records": int64(len(ids))}
	if news > 0 {
		named["new"] = news
	}
	return tx.AppendTimeline(ctx, run, EventNamed, named)
}

// refetchChanged opens a read of what changed. Where one is queued already, that one will see it.
func (tx *Tx) refetchChanged(ctx context.Context, c Coupling, job RefetchJob) ([]Run, error) {
	const op = "refetch"
	if _, err := tx.exec(ctx, dropNudgeSQL, job.Coupling, job.Group); err != nil {
		return nil, wrap(op, err)
	}
	id := NewID()
	opened, err := tx.OpenRun(ctx, NewRun{
		UUID: id, Coupling: c.UUID, Direction: koppel.Pull, StreamGroup: job.Group, Mode: koppel.ModeSince, Trigger: koppel.TriggerWebhook,
		WorkflowID: koppel.PullWorkflowID(koppel.ModeSince, c.UUID, job.Group, id),
	})
	switch {
	case koppel.KindOf(err) == koppel.KindConflict:
		return nil, nil
	case err != nil || opened.Behind != "":
		return nil, err
	}
	return []Run{opened.Run}, nil
}
