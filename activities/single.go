package activities

import (
	"context"
	"strings"

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
	missing   []string
	result    SliceResult
}

// readSingles reads the run's keys from one stream of its group. Keys that the
// stream does not know are left to the group's other streams; the run says at
// its end which ones no stream knew.
func (a *Activities) readSingles(ctx context.Context, p *pinned, in SliceInput) (SliceResult, error) {
	client, err := a.client(ctx, p)
	if err != nil {
		return refused(ctx, err)
	}
	defer client.Close()
	lease, _, err := a.Store.OpenReplay(ctx, in.Webshop, in.Run, in.Stream)
	if err != nil {
		return SliceResult{}, err
	}
	s := &singles{Activities: a, pinned: p, client: client, stream: in.Stream, evaluator: p.evaluator(), lease: lease}
	beat, quiet := heartbeat(ctx, a.Durations.Heartbeat)
	defer quiet()
	keys, err := a.Store.SingleKeys(ctx, p.run)
	if err != nil {
		return SliceResult{}, err
	}
	root := p.connector.Stream(in.Stream).ParentStream() == ""
	for _, key := range keys {
		// A record that is stored is read where it is; any other from the streams without parents.
		if key.Stream != lease.Stream && (key.Stream != 0 || !root) {
			continue
		}
		if err := s.read(ctx, key); err != nil {
			return s.ended(ctx, err)
		}
		beat(s.result.Counts)
	}
	s.result.Done = true
	if len(s.missing) > 0 {
		detail := "stream " + in.Stream + " of the remote does not know " + strings.Join(s.missing, ", ")
		return s.result, a.Store.InTx(ctx, store.ForWebshop(in.Webshop), func(tx *store.Tx) error {
			return tx.AppendTimeline(ctx, in.Run, "not_found", map[string]any{"detail": detail, "keys": s.missing})
		})
	}
	return s.result, nil
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
	ticket, err := s.Store.Ticket(ctx)
	if err != nil {
		return err
	}
	records, err := s.fetch(ctx, key)
	if koppel.KindOf(err) == koppel.KindNotFound || (err == nil && len(records) == 0) {
		s.missing = append(s.missing, key.Value)
		return nil
	}
	if err != nil {
		return err
	}
	b := &store.Batch{Lease: s.lease, Total: -1}
	if b.Children, err = s.childStreams(ctx, s.pinned, s.stream); err != nil {
		return err
	}
	child := s.joined(s.stream)
	for i := range records {
		r := &records[i]
		record := store.Record{ID: r.ID, ParentID: r.ParentID, Hash: pinHash(r.Hash, s.connector.Mapping.Digest()), Ticket: ticket, Raw: r.Raw, Dirty: child}
		switch {
		case r.Err != nil:
			record.Dirty, record.Hash, record.Parked = false, [16]byte{}, []store.Parked{parkedOf("", r.Err)}
		case !child:
			record.Mapped, record.Parked = mapAll(s.evaluator, s.programs(s.stream), r.Raw, nil)
		}
		b.Records = append(b.Records, record)
	}
	counts, err := s.Store.WriteBatch(ctx, b)
	s.result.Counts.Add(counts)
	s.result.Progress = true
	return err
}

// fetch reads a key: by id where it is a remote id, else by the search that
// the manifest declares for it.
func (s *singles) fetch(ctx context.Context, key store.SingleKey) ([]rest.Record, error) {
	if key.By != store.ByRemoteID {
		return s.client.Find(ctx, s.stream, string(key.By), key.Value)
	}
	parent, err := s.parent(ctx, key)
	if err != nil {
		return nil, err
	}
	record, err := s.client.One(ctx, s.stream, key.Value, parent)
	if err != nil {
		return nil, err
	}
	return []rest.Record{*record}, nil
}

// parent is the stored parent of a key's record; nil when it has none.
func (s *singles) parent(ctx context.Context, key store.SingleKey) (*rest.ParentRecord, error) {
	if key.ParentID == "" {
		return nil, nil
	}
	stream, err := s.Store.StreamID(ctx, s.lease.Webshop, s.lease.Coupling, s.connector.Stream(s.stream).ParentStream())
	if err != nil {
		return nil, err
	}
	found, err := s.Store.RecordsByID(ctx, s.lease.Webshop, stream, []string{key.ParentID})
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return &rest.ParentRecord{ID: found[0].ID, Raw: found[0].Raw}, nil
}
