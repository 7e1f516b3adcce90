package activities

import (
	"cmp"
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/connectors/rest"
	"github.com/koppel-io/koppel/mapping"
	"github.com/koppel-io/koppel/store"
)

// ReadSlice reads one stream for up to a slice: pages are fetched and split
// while the one before is mapped and the one before that is written. It goes
// on where the last committed batch stopped.
func (a *Activities) ReadSlice(ctx context.Context, in SliceInput) (SliceResult, error) {
	p, err := a.pin(ctx, in.RunRef)
	if err != nil {
		return SliceResult{}, err
	}
	return a.readSlice(ctx, p, in)
}

func (a *Activities) readSlice(ctx context.Context, p *pinned, in SliceInput) (result SliceResult, err error) {
	if h := halted(p.run.State, p.coupling); h != nil {
		h.reportIn(&result)
		return result, nil
	}
	if err := a.resume(ctx, p); err != nil {
		return SliceResult{}, err
	}
	story := a.tell(p, in.Stream)
	switch p.run.Mode {
	case koppel.ModeSingle:
		result, err = a.readSingles(ctx, p, in, story)
	case koppel.ModeReplay:
		result, err = a.replay(ctx, p, in, story)
	case koppel.ModeCompare:
		result, err = a.compare(ctx, p, in, story)
	case koppel.ModeMerge:
		result, err = a.mergeAgain(ctx, p, in, story)
	default:
		result, err = a.readPages(ctx, p, in, story)
	}
	if err != nil {
		return SliceResult{}, err
	}
	return result, story.end(ctx, result)
}

// readPages reads a stream page by page under its lease.
func (a *Activities) readPages(ctx context.Context, p *pinned, in SliceInput, story *story) (SliceResult, error) {
	// The lease may have to wait for the transaction of a stopped worker.
	beat, quiet := heartbeat(ctx, a.Durations.Heartbeat)
	defer quiet()
	lease, scan, err := a.Store.TakeLease(ctx, in.Webshop, in.Run, p.storedName(in.Stream), a.Holder)
	if err != nil {
		return SliceResult{}, err
	}
	if scan.EndedAt != nil {
		return SliceResult{Done: true, Counts: scan.Counts}, nil
	}
	story.begin(scan.Counts)
	length, give := a.Shares.take(p.run.Mode, in.Webshop, a.Durations.Slice)
	defer give()
	client, err := a.client(ctx, p)
	if err != nil {
		return refused(ctx, err)
	}
	defer client.Close()
	pages, err := a.pagesOf(ctx, p, client, lease, scan, in.Stream)
	if err != nil {
		return refused(ctx, err)
	}
	defer pages.Close()
	s := &slice{
		Activities: a, pinned: p, lease: lease, pages: pages,
		programs: p.programs(in.Stream), evaluator: p.evaluator(), digest: p.connector.Mapping.DigestOn(in.Stream, p.began()),
		until:   time.Now().Add(length),
		result:  SliceResult{Counts: scan.Counts},
		batches: make(chan *batch), fetched: make(chan *rest.Page, 2),
	}
	if s.ties, err = a.ties(ctx, p, in.Stream); err != nil {
		return SliceResult{}, err
	}
	if s.fresh, err = a.Store.FirstScan(ctx, lease); err != nil {
		return SliceResult{}, err
	}
	if s.corrected, err = a.corrections(ctx, p, lease.Stream, in.Stream); err != nil {
		return SliceResult{}, err
	}
	s.later = p.later(in.Stream)
	if !s.fresh {
		if s.names, err = namingOf(p, client, in.Stream); err != nil {
			return refused(ctx, err)
		}
	}
	if s.hooked, err = a.told(ctx, p, in.Stream); err != nil {
		return SliceResult{}, err
	}
	if err := s.setDeletes(ctx, client, scan, in.Stream); err != nil {
		return refused(ctx, err)
	}
	return s.run(ctx, beat)
}

// slice is one activity's worth of batches of one stream.
type slice struct {
	*Activities
	*pinned
	lease     store.Lease
	pages     pageSource
	programs  []*mapping.Program
	evaluator *mapping.Evaluator
	digest    [16]byte
	ties      ties
	// fresh: nothing of the stream was read before, so nothing is looked up.
	fresh bool
	// whole: all of the stream is asked for.
	whole  bool
	client *rest.Client
	source *rest.Stream
	// fed are the streams whose deletions this one lists.
	fed []fedStream
	// later: records are mapped by the map stage, with other records.
	later bool
	// corrected is what people put in the place of records.
	corrected *corrections
	// names finds what new records name; nil where that is not looked for.
	names *naming
	// hooked is the stream's name where webhooks tell of its changes.
	hooked string
	until  time.Time

	fetched chan *rest.Page
	batches chan *batch
	// stop is why fetching ended: io.EOF at the stream's end, nil at the
	// slice's, a *halt, else the remote's error. Set before fetched is closed.
	stop   error
	result SliceResult
}

func (s *slice) run(ctx context.Context, beat func(koppel.Counts)) (SliceResult, error) {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return s.fetch(ctx) })
	group.Go(func() error { return s.prepare(ctx) })
	group.Go(func() error { return s.write(ctx, beat) })
	if err := group.Wait(); err != nil {
		return SliceResult{}, err
	}
	var h *halt
	switch {
	case errors.Is(s.stop, io.EOF):
		s.result.Done = true
	case errors.As(s.stop, &h):
		h.reportIn(&s.result)
	case s.stop != nil:
		s.result.end(s.stop)
	}
	return s.result, nil
}

// fetch asks for page after page until the stream or the slice ends, or the
// run must not go on. A slice of any length reads at least one page.
func (s *slice) fetch(ctx context.Context) error {
	defer close(s.fetched)
	watched, done := s.watched(ctx, s.pinned)
	defer done()
	for first := true; first || time.Now().Before(s.until); first = false {
		page, err := s.pages.Next(watched)
		if err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			s.stop = err
			if h := haltOf(watched); h != nil {
				s.stop = h
			}
			return nil
		}
		select {
		case s.fetched <- page:
		case <-ctx.Done():
			page.Release()
			return ctx.Err()
		}
	}
	return nil
}

// writersAtOnce is how many batches of a stream are written beside each other;
// they commit in the order in which they were read.
const writersAtOnce = 2

// write commits batch after batch.
func (s *slice) write(ctx context.Context, beat func(koppel.Counts)) error {
	var mu sync.Mutex
	writers, ctx := errgroup.WithContext(ctx)
	writers.SetLimit(writersAtOnce)
	var before *store.Batch
	for b := range s.batches {
		b.After, before = before, &b.Batch
		done, err := s.Shares.giveWay(ctx, s.pinned.run.Mode)
		if err != nil {
			b.release(s.Memory)
			return cmp.Or(writers.Wait(), err)
		}
		writers.Go(func() error {
			defer done()
			defer b.release(s.Memory)
			counts, err := s.Store.WriteBatch(ctx, &b.Batch)
			if err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			s.result.Counts.Add(counts)
			s.result.Progress = true
			beat(s.result.Counts)
			return nil
		})
	}
	return writers.Wait()
}
