package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
)

// The delete budget of a coupling and a day: more than budgetShare percent and more than budgetFew of an object's, or
// of all, or more than half of any set.
const (
	budgetShare = 5
	budgetFew   = 10
)

// deletesSQL counts, per stream and object, the sources that are there, those that went by themselves within a day,
// and those that are proven to be gone. What a person decided on counts for nothing.
const deletesSQL = `
SELECT st.name, s.object, count(*) FILTER (WHERE s.gone_at IS NULL),
       count(*) FILTER (WHERE s.gone_at > now() - interval '24 hours' AND s.gone_reason IN ('missing', 'feed', 'flag', 'event', 'parent')),
       count(k.remote_id) FILTER (WHERE s.gone_at IS NULL)
FROM source s JOIN stream st ON st.id = s.stream_id
LEFT JOIN gone_suspect k ON k.webshop_id = s.webshop_id AND k.stream_id = s.stream_id AND k.remote_id = s.record_id
    AND k.proven AND k.kept_at IS NULL AND NOT EXISTS (` + decidedSQL + `)
WHERE s.webshop_id = $1 AND s.coupling_id = $2
GROUP BY 1, 2 ORDER BY 1, 2`

// decidedSQL finds an approval that a run is acting on.
const decidedSQL = `
    SELECT FROM proposal_item i JOIN proposal p ON p.id = i.proposal_id AND p.state = 'approved'
    WHERE i.webshop_id = k.webshop_id AND i.stream_id = k.stream_id AND i.remote_id = k.remote_id AND i.state = 'proposed'`

// tally is how much of a set would be gone within a day.
type tally struct {
	set         string
	live, spent int64
	proven      int64
}

func (t tally) sum() (gone, of int64) { return t.spent + t.proven, t.live + t.spent }

// exceeds says in words what of the budget the deletes exceed; "" when they stay within.
func exceeds(sets []tally) string {
	all := tally{set: "all that the coupling gives"}
	objects := map[string]*tally{}
	var order []*tally
	for _, t := range sets {
		if gone, of := t.sum(); t.proven > 0 && gone*2 > of {
			return fmt.Sprintf("%d of %d %s: more than half of a set", gone, of, t.set)
		}
		o := objects[t.set]
		if o == nil {
			o = &tally{set: t.set}
			objects[t.set], order = o, append(order, o)
		}
		for _, sum := range []*tally{o, &all} {
			sum.live, sum.spent, sum.proven = sum.live+t.live, sum.spent+t.spent, sum.proven+t.proven
		}
	}
	for _, t := range append(order, &all) {
		if gone, of := t.sum(); t.proven > 0 && gone > budgetFew && gone*100 > of*budgetShare {
			return fmt.Sprintf("%d of %d %s within a day: more than %d %% and more than %d", gone, of, t.set, budgetShare, budgetFew)
		}
	}
	return ""
}

// Decision is what may be done with the proven records of a coupling.
type Decision struct {
	// Gone are records to be taken for gone now, at most as many as were asked for; Spent says that nothing is left.
	Gone []Suspect
	// Proposal is the outside id of the proposal that waits for a person; "" when the budget suffices.
	Proposal string
	// Proposed is how many records it holds.
	Proposed int64
}

const (
	lockProposalsSQL = `SELECT pg_advisory_xact_lock($1, $2)`
	// provenSQL are the records that may go; with $3 those only that nothing depends on.
	provenSQL = `
SELECT k.stream_id AS stream, k.remote_id AS id, k.ticket, k.reason FROM gone_suspect k
WHERE k.webshop_id = $1 AND k.coupling_id = $2 AND k.proven AND k.kept_at IS NULL
  AND NOT ($3 AND EXISTS (` + carriesSQL + `)) AND NOT EXISTS (` + decidedSQL + `)
ORDER BY k.stream_id, k.remote_id LIMIT $4`
	carriesSQL = `
    SELECT FROM source s WHERE s.webshop_id = k.webshop_id AND s.coupling_id = k.coupling_id AND s.stream_id = k.stream_id
      AND s.record_id = k.remote_id AND s.gone_at IS NULL`
	openProposalSQL = `
INSERT INTO proposal (uuid, webshop_id, coupling_id, stream_group, run_id, reason)
SELECT $1, r.webshop_id, r.coupling_id, r.stream_group, r.id, $3 FROM run r WHERE r.id = $2
ON CONFLICT (coupling_id, stream_group) WHERE state = 'open' DO UPDATE SET run_id = excluded.run_id, reason = excluded.reason, updated_at = now()
RETURNING id, uuid`
	fillProposalSQL = `
INSERT INTO proposal_item (webshop_id, proposal_id, stream_id, remote_id, reason, ticket)
SELECT k.webshop_id, $3, k.stream_id, k.remote_id, k.reason, k.ticket FROM gone_suspect k
WHERE k.webshop_id = $1 AND k.coupling_id = $2 AND k.proven AND k.kept_at IS NULL AND EXISTS (` + carriesSQL + `)
  AND NOT EXISTS (SELECT FROM proposal_item i JOIN proposal p ON p.id = i.proposal_id AND p.state IN ('open', 'approved')
      WHERE i.webshop_id = k.webshop_id AND i.stream_id = k.stream_id AND i.remote_id = k.remote_id AND i.state = 'proposed' AND i.proposal_id <> $3)
ON CONFLICT (webshop_id, proposal_id, stream_id, remote_id) DO UPDATE SET state = 'proposed', reason = excluded.reason, ticket = excluded.ticket`
	emptyProposalsSQL = `
UPDATE proposal p SET state = 'superseded', updated_at = now() WHERE p.webshop_id = $1 AND p.coupling_id = $2 AND p.state = 'open'
  AND NOT EXISTS (SELECT FROM proposal_item i JOIN gone_suspect k ON k.webshop_id = i.webshop_id AND k.stream_id = i.stream_id AND k.remote_id = i.remote_id
      WHERE i.proposal_id = p.id AND i.state = 'proposed' AND k.proven)`
	countItemsSQL = `SELECT count(*) FROM proposal_item WHERE proposal_id = $1 AND state = 'proposed'`
)

// DecideDeletes weighs the proven records of run's coupling against its delete budget: within it they may go, up to
// limit at once; beyond it those that carry something become the group's proposal, and only the others may go.
func (db *DB) DecideDeletes(ctx context.Context, webshop, coupling, run int64, limit int) (d Decision, err error) {
	err = db.InTx(ctx, ForWebshop(webshop), func(tx *Tx) error {
		d = Decision{}
		if _, err := tx.exec(ctx, lockProposalsSQL, lockProposal, int32(coupling)); err != nil {
			return err
		}
		reason, err := tx.weigh(ctx, webshop, coupling)
		if err != nil {
			return err
		}
		if reason != "" {
			if err := tx.propose(ctx, webshop, coupling, run, reason, &d); err != nil {
				return err
			}
		}
		if d.Gone, err = tx.provenRecords(ctx, webshop, coupling, reason != "", limit); err != nil {
			return err
		}
		_, err = tx.exec(ctx, emptyProposalsSQL, webshop, coupling)
		return err
	})
	return d, db.wrap("decide deletes", err)
}

// lockProposal is the class of the advisory locks on what is proposed for a coupling.
const lockProposal = 7213

func (tx *Tx) weigh(ctx context.Context, webshop, coupling int64) (string, error) {
	found, err := tx.tx.Query(ctx, deletesSQL, webshop, coupling)
	if err != nil {
		return "", err
	}
	sets, err := pgx.CollectRows(found, func(row pgx.CollectableRow) (tally, error) {
		var t tally
		var stream string
		err := row.Scan(&stream, &t.set, &t.live, &t.spent, &t.proven)
		return t, err
	})
	return exceeds(sets), err
}

func (tx *Tx) propose(ctx context.Context, webshop, coupling, run int64, reason string, d *Decision) error {
	var id int64
	if err := tx.tx.QueryRow(ctx, openProposalSQL, NewID(), run, reason).Scan(&id, &d.Proposal); err != nil {
		return err
	}
	if _, err := tx.exec(ctx, fillProposalSQL, webshop, coupling, id); err != nil {
		return err
	}
	if err := tx.tx.QueryRow(ctx, countItemsSQL, id).Scan(&d.Proposed); err != nil {
		return err
	}
	if d.Proposed == 0 {
		d.Proposal = ""
	}
	return nil
}

type provenRow struct {
	Stream int64
	ID     string
	Ticket int64
	Reason koppel.GoneReason
}

func (tx *Tx) provenRecords(ctx context.Context, webshop, coupling int64, idle bool, limit int) ([]Suspect, error) {
	rows, err := many[provenRow](ctx, tx, provenSQL, webshop, coupling, idle, limit)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return nil, err
	}
	out := make([]Suspect, len(rows))
	for i, r := range rows {
		out[i] = Suspect{Stream: r.Stream, Gone: Gone{ID: r.ID, Ticket: r.Ticket, Reason: r.Reason}}
	}
	return out, nil
}
