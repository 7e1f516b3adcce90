package store

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
)

// maxKey is the longest remote id.
const maxKey = 255

// tries bounds how often a batch that met another writer is written again.
const tries = 4

// WriteBatch writes a batch in one transaction: changed records, what was mapped from them, the objects that are
// thereby changed, their rows in the change feed, the position and the counters. Nothing of it stays when it fails.
// A record that the database refuses is parked and does not fail the batch. ErrLeaseLost says that another attempt
// took the lease.
// A batch is given once, whatever came of it: after an error the stored position says where to go on.
func (db *DB) WriteBatch(ctx context.Context, b *Batch) (koppel.Counts, error) {
	op := fmt.Sprintf("write batch of stream %d", b.Lease.Stream)
	if !b.turn.begin() {
		return koppel.Counts{}, conflict(op, "the batch was given before; take the lease again and read on from the stored position")
	}
	written := false
	// However this ends, by a panic too, the batch after learns of it.
	defer func() {
		b.turn.finish(written)
		b.After = nil
	}()
	counts, err := newWriting(db, b).run(ctx)
	written = err == nil
	return counts, db.wrap(op, err)
}

// writing is the work on one batch. What is below tx is of one try.
type writing struct {
	db      *DB
	b       *Batch
	records []*Record
	// refused are the records that the database refused.
	refused map[*Record]refusal
	// careful reads everything before it writes; alone has no other batch beside it.
	careful, alone bool

	tx      *Tx
	pipe    pipe
	counts  koppel.Counts
	stored  map[string]storedRecord
	marks   map[string]int64
	parked  []parkedRow
	groups  map[koppel.Object]*group
	waiting waits
	changes []changeSet
	// gone and back are the records that go and come back in this try, in the order of their ids.
	gone, back []*Record
	// party are the couplings of the webshop by id, partyText as they were read.
	party     map[int64]*participant
	partyText string
	// locked are the kinds of objects that only this batch creates, unlooked those it created without looking.
	locked   map[koppel.Object]bool
	unlooked []koppel.Object
	// anew are outside ids of objects whose rows are made anew without a record.
	anew map[int64]string
	// offered are the products whose offers this try changes.
	offered map[int64]bool
	// received are the orders that this try may complete; true for those whose deliveries it changes.
	received map[int64]bool
	// composed are the products whose parts this try changes.
	composed map[int64]bool
	// wanted is the stock that this try wants pushed.
	wanted []wantedPush
	inTurn bool
	// probing rolls the try back before anything of it could be seen.
	probing bool
}

func newWriting(db *DB, b *Batch) *writing {
	w := &writing{db: db, b: b, refused: map[*Record]refusal{}, alone: b.After == nil}
	w.records = distinct(b.Records)
	return w
}

// distinct leaves one record of each id, the last of the newest ticket, in the order of ids: the fixed order in which
// rows are locked.
func distinct(read []Record) []*Record {
	records := make([]*Record, 0, len(read))
	for i := range read {
		r := &read[i]
		if reason := checkKey(r.ID); reason != "" {
			kept := *r
			kept.ID, kept.Hash, kept.Mapped, kept.Dirty = unreadableID(r.Raw), [16]byte{}, nil, false
			if len(kept.Parked) == 0 {
				kept.Parked = []Parked{{Kind: koppel.KindSchemaDrift, Field: "id", Reason: reason}}
			}
			r = &kept
		}
		records = append(records, r)
	}
	slices.SortStableFunc(records, func(a, b *Record) int {
		return cmp.Or(strings.Compare(a.ID, b.ID), cmp.Compare(a.Ticket, b.Ticket))
	})
	out := records[:0]
	for i, r := range records {
		if i+1 < len(records) && records[i+1].ID == r.ID {
			continue
		}
		out = append(out, r)
	}
	return out
}

// unreadableID names a record whose own id cannot be used, by its bytes.
func unreadableID(raw []byte) string {
	sum := sha256.Sum256(raw)
	return "?" + hex.EncodeToString(sum[:8])
}

func checkKey(key string) string {
	switch {
	case key == "":
		return "the remote id is missing"
	case len(key) > maxKey:
		return fmt.Sprintf("the remote id is longer than %d bytes", maxKey)
	}
	return checkText(key)
}

func (w *writing) run(ctx context.Context) (koppel.Counts, error) {
	for try := 1; ; try++ {
		err := w.try(ctx)
		switch {
		case err == nil:
			return w.counts, nil
		case errors.Is(err, errAhead):
			// Below it begins again after the batch before.
		case metAnother(err) && try < tries:
			w.b.turn.stepBack()
		case refuses(err) && ctx.Err() == nil:
			// A unique value that is still taken after so many tries is not another writer's doing.
			w.b.turn.stepBack()
			if err := w.clearWay(ctx); err != nil {
				return koppel.Counts{}, err
			}
			if err := w.findRefused(ctx, err); err != nil {
				return koppel.Counts{}, err
			}
		default:
			return koppel.Counts{}, err
		}
		if err := w.clearWay(ctx); err != nil {
			return koppel.Counts{}, err
		}
	}
}

// clearWay waits for the batch before and makes the next try careful and alone.
func (w *writing) clearWay(ctx context.Context) error {
	w.careful, w.alone = true, true
	if w.b.After == nil {
		return nil
	}
	return w.b.After.turn.await(ctx, true)
}

// metAnother reports whether err comes from another writer of the same rows; a new try sees what that one wrote.
func metAnother(err error) bool {
	switch codeOf(err) {
	case codeUnique, codeDeadlock, codeSerialization, codeLockTimeout:
		return true
	}
	return errors.Is(err, errRows) || errors.Is(err, errJoined)
}

const codeLockTimeout = "55P03"

// try writes the batch once.
func (w *writing) try(ctx context.Context) error {
	err := w.db.InTx(ctx, ForWebshop(w.b.Lease.Webshop), func(tx *Tx) error {
		w.begin(tx)
		if err := w.open(ctx); err != nil {
			return err
		}
		if err := w.readStored(ctx); err != nil {
			return err
		}
		if err := w.readMarks(ctx); err != nil {
			return err
		}
		if err := w.consolidate(ctx); err != nil {
			return err
		}
		w.writeRecords()
		w.writeDirty()
		w.writeParked()
		w.writeSuperseded()
		w.writeGone()
		w.writeSuspects()
		if err := w.pipe.run(ctx); err != nil {
			return err
		}
		if w.probing {
			return errProbe
		}
		if err := w.takeTurn(ctx); err != nil {
			return err
		}
		if err := w.decidePreferred(ctx); err != nil {
			return err
		}
		if err := w.decideAssembled(ctx); err != nil {
			return err
		}
		if err := w.decideCompleted(ctx); err != nil {
			return err
		}
		if err := w.nameOthers(ctx); err != nil {
			return err
		}
		w.checkAlone()
		w.writeChanges()
		w.writeScan()
		if err := w.pipe.run(ctx); err != nil {
			return err
		}
		// The promise itself, beside the way that leads to it: nothing is committed after what was not.
		if before := w.b.After; before != nil && !before.turn.committed() {
			return errBefore
		}
		return nil
	})
	return err
}

func (w *writing) begin(tx *Tx) {
	w.tx, w.pipe = tx, pipe{tx: tx}
	w.counts, w.stored, w.parked, w.groups, w.changes, w.inTurn = koppel.Counts{}, nil, nil, nil, nil, false
	w.received, w.wanted = nil, nil
	w.waiting, w.offered, w.composed, w.marks, w.locked, w.unlooked = waits{}, nil, nil, nil, nil, nil
}

// takeTurn waits until the batch before is committed: from then on this batch may lock what all batches share.
func (w *writing) takeTurn(ctx context.Context) error {
	if w.inTurn || w.b.After == nil {
		return nil
	}
	if err := w.b.After.turn.await(ctx, w.alone); err != nil {
		return err
	}
	w.inTurn = true
	return nil
}

// openSQL bounds how long a stopped program can hold the stream and how long one batch waits for another's rows, and
// says under which lease the batch is written, for triggers and for people who look at a session.
const (
	openSQL = `
SELECT set_config('lock_timeout', $1, true), set_config('idle_in_transaction_session_timeout', '10s', true),
       set_config('work_mem', '32MB', true), set_config('koppel.lease', $2, true)`
	shareLeaseSQL = `SELECT pg_advisory_xact_lock_shared($1, $2)`
	standHead     = `
SELECT s.epoch, ` + participantsSQL + `,
       EXISTS (SELECT FROM parked WHERE webshop_id = $1 AND stream_id = $2 AND resolved_at IS NULL),
       EXISTS (SELECT FROM link_decision WHERE webshop_id = $1 AND coupling_id = $3),
       `
	standTail = `,
       EXISTS (SELECT FROM stream WHERE webshop_id = $1 AND id = ANY($4) AND parent_stream_id IS DISTINCT FROM $2),
       EXISTS (SELECT FROM gone_suspect WHERE webshop_id = $1 AND stream_id = $2)
FROM stream s WHERE s.webshop_id = $1 AND s.id = $2 AND s.coupling_id = $3`
)

var standSQL = standHead + anyWaitsSQL + standTail

// open locks the stream against a new holder, checks the epoch, and looks at what could be affected.
func (w *writing) open(ctx context.Context) error {
	lease := w.b.Lease
	var held int64
	batch := &pgx.Batch{}
	batch.Queue(openSQL, w.rowWait(), lease.String())
	batch.Queue(byKeySQL)
	if lease.Epoch != 0 {
		batch.Queue(shareLeaseSQL, lockStream, int32(lease.Stream))
	}
	batch.Queue(standSQL, lease.Webshop, lease.Stream, lease.Coupling, w.b.Children).QueryRow(func(row pgx.Row) error {
		q := &w.waiting
		return row.Scan(&held, &w.partyText, &q.parked, &q.decisions, &q.refs, &q.adoption, &q.suspects)
	})
	if err := w.tx.tx.SendBatch(ctx, batch).Close(); err != nil {
		return foundOr("write batch", "stream", fmt.Sprint(lease.Stream), err)
	}
	if lease.Epoch != 0 && held != lease.Epoch {
		return ErrLeaseLost
	}
	var err error
	if w.party, err = readParticipants(w.partyText); err != nil {
		return err
	}
	w.pipe.types, err = w.db.rowTypes.of(ctx, w.tx)
	return err
}

// rowWait is how long a batch waits for rows that others have.
func (w *writing) rowWait() string {
	if w.alone && w.careful {
		return "30s"
	}
	return "1s"
}

// self is the batch's own coupling.
func (w *writing) self() *participant { return w.party[w.b.Lease.Coupling] }

// storedRecord is what is stored of a record already.
type storedRecord struct {
	ticket int64
	hash   [16]byte
	parent string
	gone   bool
}

const storedSQL = `
SELECT r.remote_id, r.ticket, r.hash, coalesce(r.parent_id, ''), r.gone_at IS NOT NULL FROM unnest($3::text[]) AS k(id)
CROSS JOIN LATERAL (SELECT remote_id, ticket, hash, parent_id, gone_at FROM record WHERE webshop_id = $1 AND stream_id = $2 AND remote_id = k.id FOR NO KEY UPDATE) r`

// readStored locks the stored records and leaves out what is older than they are.
func (w *writing) readStored(ctx context.Context) error {
	w.stored = map[string]storedRecord{}
	var ids []string
	for _, r := range w.records {
		if w.careful || !r.New {
			ids = append(ids, r.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	found, err := w.tx.tx.Query(ctx, storedSQL, w.b.Lease.Webshop, w.b.Lease.Stream, ids)
	if err != nil {
		return err
	}
	var id string
	var hash []byte
	var s storedRecord
	_, err = pgx.ForEachRow(found, []any{&id, &s.ticket, &hash, &s.parent, &s.gone}, func() error {
		copy(s.hash[:], hash)
		w.stored[id] = s
		return nil
	})
	return err
}

// stale reports whether something newer is stored than what was read, or mapped from.
func (w *writing) stale(r *Record) bool {
	s, found := w.stored[r.ID]
	if w.b.Groups {
		return w.marks[r.ID] != r.Marked
	}
	if w.b.Mapping {
		return !found || s.gone || s.ticket != r.Ticket || r.Marked != 0 && w.marks[r.ID] != r.Marked
	}
	return found && s.ticket > r.Ticket
}
