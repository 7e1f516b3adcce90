package activities

import (
	"context"
	"slices"
	"time"

	"github.com/koppel-io/koppel/store"
)

const dirtyAtOnce = 1000

// MapSlice works on what is stored once the reading is over, for up to a slice:
// it maps records that need others beside them, such as a variation its parent
// or an item its stock per warehouse, and acts on what is gone.
func (a *Activities) MapSlice(ctx context.Context, in SliceInput) (SliceResult, error) {
	p, err := a.pin(ctx, in.RunRef)
	if err != nil {
		return SliceResult{}, err
	}
	return a.mapSlice(ctx, p)
}

func (a *Activities) mapSlice(ctx context.Context, p *pinned) (result SliceResult, err error) {
	if h := halted(p.run.State, p.coupling); h != nil {
		h.reportIn(&result)
		return result, nil
	}
	if err := a.resume(ctx, p); err != nil {
		return SliceResult{}, err
	}
	story := a.tell(p, "")
	story.event = eventMapped
	// What goes can leave others to be mapped again.
	for _, stage := range []func(context.Context, *pinned, *SliceResult) error{a.mapDirty, a.actOnGone, a.mapDirty} {
		result.Done = false
		if err := stage(ctx, p, &result); err != nil {
			return SliceResult{}, err
		}
		if !result.Done || result.Wait != nil || result.Failure != nil {
			break
		}
	}
	return result, story.end(ctx, result)
}

// mapDirty drains the dirty keys of the run's streams until none is left or
// the slice is over.
func (a *Activities) mapDirty(ctx context.Context, p *pinned, result *SliceResult) error {
	beat, quiet := heartbeat(ctx, a.Durations.Heartbeat)
	defer quiet()
	watched, done := a.watched(ctx, p)
	defer done()
	until := time.Now().Add(a.Durations.Slice)
	for _, stream := range p.group.Streams {
		m := &mapStage{Activities: a, pinned: p, stream: stream}
		for more := true; more; beat(result.Counts) {
			if h := haltOf(watched); h != nil {
				h.reportIn(result)
				return nil
			}
			if result.Progress && time.Now().After(until) {
				return nil
			}
			var err error
			if more, err = m.step(ctx, result); err != nil {
				return err
			}
		}
	}
	result.Done = true
	return nil
}

// mapStage drains the dirty keys of one stream.
type mapStage struct {
	*Activities
	*pinned
	stream string
	lease  store.Lease
}

// step maps up to dirtyAtOnce records in one transaction, under the stream's
// lease when the run scans it.
func (m *mapStage) step(ctx context.Context, result *SliceResult) (more bool, err error) {
	if m.lease.Stream == 0 {
		if err := m.take(ctx); err != nil {
			return false, err
		}
	}
	if grouped(m.connector.Mapping.ByStream(m.stream)) {
		return m.groups(ctx, result)
	}
	dirty, err := m.Store.DirtyRecords(ctx, m.lease.Webshop, m.lease.Stream, dirtyAtOnce)
	if err != nil || len(dirty) == 0 {
		return false, err
	}
	evaluator, programs := m.evaluator(), m.programs(m.stream)
	b := &store.Batch{Lease: m.lease, Total: -1, Mapping: true}
	for part := range slices.Chunk(dirty, gatheredAtOnce) {
		records := make([]store.StoredRecord, len(part))
		for i := range part {
			records[i] = part[i].StoredRecord
		}
		whole, err := m.gather(ctx, m.pinned, programs, records)
		if err != nil {
			return false, err
		}
		for i, d := range part {
			record := store.Record{ID: d.ID, ParentID: d.ParentID, Hash: d.Hash, Ticket: d.Ticket, Raw: d.Raw, Marked: d.Marked}
			if !d.Lost {
				mapInto(&record, evaluator, programs, &whole[i])
			}
			b.Records = append(b.Records, record)
		}
	}
	counts, err := m.Store.WriteBatch(ctx, b)
	if err != nil {
		return false, err
	}
	result.Counts.Add(counts)
	result.Progress = true
	return true, nil
}

func (m *mapStage) take(ctx context.Context) error {
	if m.run.Mode.Scans() {
		lease, _, err := m.Store.TakeLease(ctx, m.run.WebshopID, m.run.ID, m.stream, m.Holder)
		m.lease = lease
		return err
	}
	id, err := m.Store.StreamID(ctx, m.run.WebshopID, m.run.CouplingID, m.stream)
	m.lease = store.Lease{Webshop: m.run.WebshopID, Coupling: m.run.CouplingID, Stream: id, Run: m.run.ID}
	return err
}
