package activities

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/connectors/rest"
	"github.com/koppel-io/koppel/mapping"
	"github.com/koppel-io/koppel/store"
)

// prepare gathers pages into batches: what is unchanged is recognised by its
// hash and dropped before decoding, the rest is mapped.
func (s *slice) prepare(ctx context.Context) error {
	defer close(s.batches)
	current := s.newBatch()
	// What is not sent any more gives its pages and memory back.
	defer func() { current.release(s.Memory) }()
	age := time.NewTimer(s.Durations.BatchAge)
	defer age.Stop()
	for {
		select {
		case page, more := <-s.fetched:
			if !more {
				last := current
				current = s.newBatch()
				return s.last(ctx, last)
			}
			if err := s.add(ctx, current, page); err != nil {
				return err
			}
			if !current.full() {
				continue
			}
		case <-age.C:
			age.Reset(s.Durations.BatchAge)
			if current.empty() {
				continue
			}
		case <-ctx.Done():
			return ctx.Err()
		}
		next := current
		current = s.newBatch()
		if err := s.send(ctx, next); err != nil {
			return err
		}
		age.Reset(s.Durations.BatchAge)
	}
}

func (s *slice) newBatch() *batch {
	b := &batch{}
	b.Lease, b.Children, b.Parent, b.Total, b.Told = s.lease, s.ties.children, s.ties.parent, -1, s.hooked
	return b
}

func (s *slice) send(ctx context.Context, b *batch) error {
	select {
	case s.batches <- b:
		return nil
	case <-ctx.Done():
		b.release(s.Memory)
		return ctx.Err()
	}
}

// last sends what is left, with the end of the stream when it was reached.
func (s *slice) last(ctx context.Context, b *batch) error {
	if errors.Is(s.stop, io.EOF) {
		end := s.pages.End()
		b.End = &store.End{Rule: end.Rule, Complete: end.Complete, Whole: s.whole, Counted: end.Counted, Ignored: end.Ignored}
		b.Total = end.Total
	}
	if b.empty() && b.End == nil {
		return nil
	}
	return s.send(ctx, b)
}

// add puts a page into the batch.
func (s *slice) add(ctx context.Context, b *batch, page *rest.Page) error {
	held, err := s.Memory.take(ctx, page.Bytes)
	if err != nil {
		page.Release()
		return err
	}
	b.pages, b.held, b.read = append(b.pages, page), b.held+held, b.read+len(page.Records)
	b.Bytes, b.Resume = b.Bytes+page.Bytes, page.Resume
	if s.pinned.run.Mode != koppel.ModeWindow && s.pinned.run.Mode != koppel.ModeHistory && page.Cursor != "" {
		b.Cursor = page.Cursor
	}
	if page.Number > 0 { // else it only brings a position to remember
		b.Pages++
	}
	if page.Total >= 0 {
		b.Total = page.Total
	}
	ids := make([]string, len(page.Records))
	for i := range page.Records {
		ids[i] = page.Records[i].ID
	}
	known := make([][16]byte, len(ids))
	if !s.fresh {
		if err := s.Store.KnownHashes(ctx, s.lease.Webshop, s.lease.Stream, ids, known); err != nil {
			return err
		}
	}
	done, err := s.Shares.giveWay(ctx, s.pinned.run.Mode)
	if err != nil {
		return err
	}
	defer done()
	if b.SeenTicket == 0 || page.Ticket < b.SeenTicket {
		b.SeenTicket = page.Ticket
	}
	for i := range page.Records {
		record := &page.Records[i]
		if len(s.fed) > 0 {
			b.Unchanged++
			if err := s.readDeletion(b, record, page.Ticket); err != nil {
				return err
			}
			continue
		}
		if record.ID != "" {
			b.Seen = append(b.Seen, record.ID)
		}
		if s.corrected.apply(record) {
			b.Superseded = append(b.Superseded, record.ID)
		}
		hash := pinHash(record.Hash, s.digest)
		if record.Err == nil && known[i] == hash {
			b.Unchanged++
			continue
		}
		if flagged, err := s.flagged(record); err != nil {
			record.Err = err
		} else if flagged {
			b.Unchanged++
			b.Suspects = append(b.Suspects, store.Suspect{Stream: s.lease.Stream, Gone: store.Gone{ID: record.ID, Ticket: page.Ticket, Reason: koppel.GoneFlag}})
			continue
		}
		changed := s.mapRecord(record, page.Ticket, hash)
		// A full read keeps its processor busy; what is small and waits for one goes first.
		runtime.Gosched()
		changed.New = known[i] == [16]byte{}
		if changed.New {
			s.names.find(&changed)
		}
		b.Records = append(b.Records, changed)
	}
	return nil
}

// pinHash ties a record's hash to the mapping that was used on it, so that a
// changed mapping makes every record changed.
func pinHash(hash, digest [16]byte) [16]byte {
	for i := range hash {
		hash[i] ^= digest[i]
	}
	return hash
}

// mapRecord maps one changed record, or marks it for the map stage when its
// objects need other records too.
func (s *slice) mapRecord(record *rest.Record, ticket int64, hash [16]byte) store.Record {
	record.Raw = s.forget(record.Raw)
	out := store.Record{ID: record.ID, ParentID: record.ParentID, Hash: hash, Ticket: ticket, Raw: record.Raw, Dirty: s.later && s.ties.parent != s.lease.Stream}
	if record.Err != nil {
		// Without a hash it is looked at again by the next read.
		out.Dirty, out.Hash = false, [16]byte{}
		out.Parked = []store.Parked{parkedOf("", record.Err)}
		return out
	}
	if s.later {
		return out
	}
	mapInto(&out, s.evaluator, s.programs, &together{raw: record.Raw})
	return out
}

// mapInto applies every program to a record; one that fails parks its object
// and leaves the others.
func mapInto(record *store.Record, evaluator *mapping.Evaluator, programs []*mapping.Program, from *together) {
	for _, program := range programs {
		results, err := evaluator.MapList(program, from.input(program))
		if err != nil {
			record.Parked = append(record.Parked, parkedOf(program.Object(), err))
		} else if program.List() {
			record.Lists = append(record.Lists, program.Object())
		}
		for _, result := range results {
			record.Mapped = append(record.Mapped, store.Mapped{
				Object: program.Object(), RemoteID: result.RemoteID, Values: result.Values, Notes: result.Notes, Skip: result.Skip,
			})
			if result.Ignored != "" {
				record.Ignored = append(record.Ignored, result.Ignored)
			}
		}
	}
}

// parkedOf keeps why a record could not be processed.
func parkedOf(object koppel.Object, err error) store.Parked {
	parked := store.Parked{Object: object, Kind: koppel.KindOf(err), Reason: koppel.DetailOf(err)}
	var field *mapping.FieldError
	if errors.As(err, &field) {
		parked.Field, parked.Expression, parked.Input, parked.Reason = field.Field, field.Expression, field.Input, field.Reason
		if field.More > 0 {
			parked.Reason += fmt.Sprintf(" (and %d more of the record)", field.More)
		}
	}
	return parked
}
