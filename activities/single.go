package activities

import (
	"context"
	"errors"
	"slices"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/connectors/rest"
	"github.com/koppel-io/koppel/mapping"
	"github.com/koppel-io/koppel/store"
)

// singles reads exactly the records a run names, past any scan of the stream:
// it takes no lease, and tickets keep older answers from overwriting newer.
type singles struct {
	*Activities
	*pinned
	client    *rest.Client
	lease     store.Lease
	evaluator *mapping.Evaluator
	stream    string
	asked     singlesAsked
	// named is what webhooks said of the records, where they asked for the run.
	named map[string]store.RefetchKey
	// corrected is what people put in the place of records, superseded those of which the remote shows another body.
	corrected  *corrections
	superseded []string
	result     SliceResult
}

// readSingles reads the run's keys from one stream of its group. Keys that the
// stream does not know are left to the group's other streams; the run says at
// its end which ones no stream knew.
func (a *Activities) readSingles(ctx context.Context, p *pinned, in SliceInput, story *story) (SliceResult, error) {
	lease, scan, err := a.Store.OpenReplay(ctx, in.Webshop, in.Run, in.Stream)
	if err != nil {
		return SliceResult{}, err
	}
	story.begin(scan.Counts)
	s := &singles{Activities: a, pinned: p, stream: in.Stream, evaluator: p.evaluator(), lease: lease, result: SliceResult{Counts: scan.Counts}}
	if scan.Ended() {
		s.result.Done = true
		return s.result, nil
	}
	if s.asked, err = askedOf(scan); err != nil {
		return SliceResult{}, err
	}
	if s.client, err = a.client(ctx, p); err != nil {
		return refused(ctx, err)
	}
	defer s.client.Close()
	beat, quiet := heartbeat(ctx, a.Durations.Heartbeat)
	defer quiet()
	if s.corrected, err = a.corrections(ctx, p, lease.Stream, in.Stream); err != nil {
		return SliceResult{}, err
	}
	keys, err := s.keys(ctx)
	if err != nil {
		return SliceResult{}, err
	}
	watched, done := a.watched(ctx, p)
	defer done()
	for _, key := range keys {
		if h := haltOf(watched); h != nil {
			h.reportIn(&s.result)
			return s.result, nil
		}
		if err := s.read(ctx, key); err != nil {
			return s.ended(ctx, err)
		}
		beat(s.result.Counts)
	}
	s.result.Done = true
	return s.result, s.write(ctx, &store.Batch{End: &store.End{Rule: "every key asked for"}})
}

// keys are those that this stream is asked for: a record that is stored in the
// group is read where it is, any other from the group's streams without
// parents. What an earlier attempt asked for is not asked again.
func (s *singles) keys(ctx context.Context) ([]store.SingleKey, error) {
	if s.run.Keys.Corrected {
		return s.correctedKeys(ctx)
	}
	if s.run.Refetches() {
		return s.namedKeys(ctx)
	}
	all, err := s.Store.SingleKeys(ctx, s.run)
	if err != nil {
		return nil, err
	}
	group := map[int64]bool{}
	for _, name := range s.group.Streams {
		id, err := s.Store.StreamID(ctx, s.lease.Webshop, s.lease.Coupling, name)
		if err != nil {
			return nil, err
		}
		group[id] = true
	}
	stored := map[string]bool{}
	for _, key := range all {
		stored[key.Asked] = stored[key.Asked] || group[key.Stream]
	}
	searched := s.searched()
	var keys []store.SingleKey
	for _, key := range all {
		if !group[key.Stream] {
			// Another group may have a record of that id; here it is unknown.
			key = store.SingleKey{By: kindOfKey(s.run.Keys, key.Asked), Value: key.Asked, Asked: key.Asked}
		}
		unknown := searched && key.Stream == 0 && !stored[key.Asked]
		if (key.Stream == s.lease.Stream || unknown) && !s.asked.has(key.Asked) && !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	return keys, nil
}

// searched reports whether the stream is asked for records of which nothing is
// stored: one without parents, unless it cannot read single records and a
// child can, which needs no parent for that (a list of what changed, and the
// things themselves).
func (s *singles) searched() bool {
	stream := s.connector.Stream(s.stream)
	if stream.Each != "" {
		return stream.StandsAlone()
	}
	if stream.ParentStream() != "" || stream.One != nil {
		return stream.ParentStream() == ""
	}
	return !slices.ContainsFunc(s.group.Streams, func(name string) bool {
		child := s.connector.Stream(name)
		return child.Each == s.stream && child.StandsAlone()
	})
}

// ended tells a remote's error from one of ours.
func (s *singles) ended(ctx context.Context, err error) (SliceResult, error) {
	if ctx.Err() != nil {
		return SliceResult{}, ctx.Err()
	}
	if koppel.KindOf(err) == koppel.KindInternal {
		return SliceResult{}, err
	}
	s.result.end(err)
	return s.result, nil
}

// read fetches one key and writes what it finds.
func (s *singles) read(ctx context.Context, key store.SingleKey) error {
	if s.run.Keys.Corrected {
		return s.landCorrection(ctx, key)
	}
	if done, err := s.land(ctx, key); done || err != nil {
		return err
	}
	ticket, err := s.Store.Ticket(ctx)
	if err != nil {
		return err
	}
	records, err := s.fetch(ctx, key)
	gone := errors.Is(err, rest.ErrGone) || s.named[key.Value].Gone && koppel.KindOf(err) == koppel.KindNotFound
	if gone && key.Stream == s.lease.Stream {
		// It was there once: that it is gone is the answer.
		s.asked.Found = append(s.asked.Found, key.Asked)
		return s.write(ctx, &store.Batch{Suspects: []store.Suspect{{
			Stream: key.Stream, Gone: store.Gone{ID: key.Value, Ticket: ticket, Reason: koppel.GoneEvent},
		}}})
	}
	if koppel.KindOf(err) == koppel.KindNotFound || (err == nil && len(records) == 0) {
		s.asked.miss(key.Asked, err)
		return s.write(ctx, &store.Batch{})
	}
	if err != nil {
		return err
	}
	s.asked.Found = append(s.asked.Found, key.Asked)
	s.correct(records)
	b, err := s.batchOf(ctx, records, ticket)
	if err != nil {
		return err
	}
	return s.write(ctx, b)
}

// correct puts people's corrections in the place of records.
func (s *singles) correct(records []rest.Record) {
	for i := range records {
		if s.corrected.apply(&records[i]) {
			s.superseded = append(s.superseded, records[i].ID)
		}
	}
}

// batchOf is what single reads under a ticket gave.
func (s *singles) batchOf(ctx context.Context, records []rest.Record, ticket int64) (*store.Batch, error) {
	b := &store.Batch{}
	ties, err := s.ties(ctx, s.pinned, s.stream)
	if err != nil {
		return nil, err
	}
	b.Children, b.Parent = ties.children, ties.parent
	stream, err := s.client.Stream(s.stream)
	if err != nil {
		return nil, err
	}
	names, err := namingOf(s.pinned, s.client, s.stream)
	if err != nil {
		return nil, err
	}
	later := s.later(s.stream)
	for i := range records {
		r := &records[i]
		flagged := false
		if r.Err == nil && stream.Deletes.Flag != nil {
			flagged, r.Err = s.client.Flagged(stream, r.Raw)
		}
		if flagged { // as a page would tell it
			b.Suspects = append(b.Suspects, store.Suspect{Stream: s.lease.Stream, Gone: store.Gone{ID: r.ID, Ticket: ticket, Reason: koppel.GoneFlag}})
			continue
		}
		r.Raw = s.forget(r.Raw)
		record := store.Record{ID: r.ID, ParentID: r.ParentID, Hash: pinHash(r.Hash, s.connector.Mapping.DigestOn(s.stream, s.began())), Ticket: ticket, Raw: r.Raw, Dirty: later && ties.parent != s.lease.Stream}
		switch {
		case r.Err != nil:
			record.Dirty, record.Hash, record.Parked = false, [16]byte{}, []store.Parked{parkedOf("", r.Err)}
		case !later:
			mapInto(&record, s.evaluator, s.programs(s.stream), &together{raw: r.Raw})
		}
		names.find(&record)
		b.Records = append(b.Records, record)
	}
	return b, nil
}

// write commits what was read together with which keys were asked for.
func (s *singles) write(ctx context.Context, b *store.Batch) (err error) {
	b.Lease, b.Total, b.Superseded = s.lease, -1, s.superseded
	s.superseded = nil
	if b.Resume, err = s.asked.resume(); err != nil {
		return err
	}
	counts, err := s.Store.WriteBatch(ctx, b)
	s.result.Counts.Add(counts)
	s.result.Progress = s.result.Progress || err == nil
	return err
}

// fetch reads a key: by id where it is a remote id, else by the search that
// the manifest declares for it.
func (s *singles) fetch(ctx context.Context, key store.SingleKey) ([]rest.Record, error) {
	if key.By != store.ByRemoteID {
		return s.client.Find(ctx, s.stream, string(key.By), key.Value)
	}
	parent, err := s.storedParent(ctx, s.pinned, s.stream, key.ParentID)
	if err != nil {
		return nil, err
	}
	record, err := s.client.One(ctx, s.stream, key.Value, parent)
	if err != nil {
		return nil, err
	}
	return []rest.Record{*record}, nil
}
