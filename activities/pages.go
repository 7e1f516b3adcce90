package activities

import (
	"context"
	"encoding/json"
	"errors"
	"io"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/connectors/rest"
	"github.com/koppel-io/koppel/store"
)

// pageSource gives the pages of one stream: *rest.Reader where the collection
// is one list, *fanOut where each parent has its own.
type pageSource interface {
	Next(ctx context.Context) (*rest.Page, error)
	End() rest.End
	Close()
}

// pagesOf opens a stream where its scan stands.
func (a *Activities) pagesOf(ctx context.Context, p *pinned, client *rest.Client, lease store.Lease, scan store.Scan, stream string) (pageSource, error) {
	s, err := client.Stream(stream)
	if err != nil {
		return nil, err
	}
	opts := rest.ReadOptions{Resume: scan.Resume, After: scan.After, Prefetch: pagesAhead, Ticket: a.Store.Ticket}
	since := s.Since
	if p.run.ByCreation() {
		opts.Created = s.Created != nil
		if opts.Created {
			since = s.Created
		}
	}
	if p.run.Mode == koppel.ModeHistory && scan.Until != nil && !scan.Since.Before(*scan.Until) {
		return covered{}, nil
	}
	if scan.Since != nil && since != nil {
		opts.Since = *scan.Since
	}
	if scan.Until != nil && since != nil && since.Bounded() {
		opts.Until = *scan.Until
	}
	if s.Each == "" {
		return client.Read(stream, opts)
	}
	f := &fanOut{store: a.Store, client: client, lease: lease, stream: stream, opts: opts}
	if s.Children == "changed" {
		f.changedIn = lease.Run
	}
	if opts.Resume != nil {
		if err := json.Unmarshal(opts.Resume, &f.at); err != nil {
			return nil, koppel.Wrap("resume "+stream, err)
		}
	}
	f.parents, err = a.Store.StreamID(ctx, lease.Webshop, lease.Coupling, s.Each)
	return f, err
}

// covered is a stream of which nothing is left to read.
type covered struct{}

func (covered) Next(context.Context) (*rest.Page, error) { return nil, io.EOF }
func (covered) End() rest.End                            { return rest.End{Rule: "covered already", Total: -1} }
func (covered) Close()                                   {}

// pagesAhead is how many pages are requested before they are needed.
const pagesAhead = 2

// fanOut reads a child stream parent by parent, in the order of the parents'
// stored records, so that a resumed slice goes on after the last one.
type fanOut struct {
	store     *store.DB
	client    *rest.Client
	lease     store.Lease
	stream    string
	parents   int64
	changedIn int64
	opts      rest.ReadOptions

	at      fanOutResume
	after   string
	adopted bool
	queue   []store.StoredRecord
	current *rest.Reader
}

// fanOutResume is the position of a fan-out: the parent being read, the
// position in its collection, and what the parents before it showed.
type fanOutResume struct {
	Parent string          `json:"parent"`
	Page   json.RawMessage `json:"page,omitempty"`
	parentsRead
}

// parentsRead sums up how the children of parents were read.
type parentsRead struct {
	// Cut: of one they were not read to their end. Unsure: of one there were
	// several pages, between which rows may have moved, or the parent was not
	// found any more.
	Cut     bool             `json:"cut,omitempty"`
	Unsure  bool             `json:"unsure,omitempty"`
	Ignored map[string]int64 `json:"ignored,omitempty"`
}

func (p *parentsRead) add(end rest.End) {
	p.Cut = p.Cut || !end.Complete
	p.Unsure = p.Unsure || end.Pages > 1 && !end.Counted
	for rule, n := range end.Ignored {
		if p.Ignored == nil {
			p.Ignored = map[string]int64{}
		}
		p.Ignored[rule] += n
	}
}

const parentsAtOnce = 500

// Next returns the next page of the current parent, or of the next one.
func (f *fanOut) Next(ctx context.Context) (*rest.Page, error) {
	for {
		if f.current == nil {
			if err := f.open(ctx); err != nil {
				return nil, err
			}
		}
		page, err := f.current.Next(ctx)
		switch {
		case err == nil:
			resume, err := json.Marshal(fanOutResume{Parent: f.at.Parent, Page: page.Resume, parentsRead: f.at.parentsRead})
			page.Resume, page.Total = resume, -1
			return page, err
		case errors.Is(err, io.EOF):
			f.at.add(f.current.End())
			f.current = nil
			f.queue = f.queue[1:]
		case koppel.KindOf(err) == koppel.KindNotFound:
			// The parent was deleted after it was read; its children go with it,
			// once that is known of it.
			f.at.Unsure = true
			f.current = nil
			f.queue = f.queue[1:]
		default:
			return nil, err
		}
	}
}

// End sums up over the parents. The children are counted when each parent's
// are what one answer, or a total that did not move, says: a set of its own.
func (f *fanOut) End() rest.End {
	return rest.End{
		Rule: "every parent read to its end", Complete: !f.at.Cut, Counted: !f.at.Cut && !f.at.Unsure, Total: -1,
		Ignored: f.at.Ignored,
	}
}

// Close lets go of pages that were requested ahead.
func (f *fanOut) Close() {
	if f.current != nil {
		f.current.Close()
	}
}

// open starts on the parent at the head of the queue, filling the queue from
// the stored parents after the last one.
func (f *fanOut) open(ctx context.Context) error {
	resume := f.at.Page
	for len(f.queue) == 0 {
		batch, err := f.more(ctx)
		if err != nil {
			return err
		}
		for _, parent := range batch {
			wanted, err := f.client.Wants(f.stream, rest.ParentRecord{ID: parent.ID, Raw: parent.Raw})
			if err != nil {
				return err
			}
			if wanted {
				f.queue = append(f.queue, parent)
			}
		}
	}
	parent := f.queue[0]
	opts := f.opts
	opts.Resume, opts.Parent = nil, &rest.ParentRecord{ID: parent.ID, Raw: parent.Raw}
	if resume != nil && parent.ID == f.at.Parent {
		opts.Resume = resume
	}
	f.at.Parent, f.at.Page = parent.ID, nil
	reader, err := f.client.Read(f.stream, opts)
	f.current = reader
	return err
}

// more returns the next stored parents: first the one that a resumed slice
// stopped in, then those after it.
func (f *fanOut) more(ctx context.Context) ([]store.StoredRecord, error) {
	resumed := f.at.Parent != "" && !f.adopted
	f.adopted = true
	if resumed {
		f.after = f.at.Parent
		return f.store.RecordsByID(ctx, f.lease.Webshop, f.parents, []string{f.at.Parent})
	}
	parents, err := f.store.StoredRecords(ctx, f.lease.Webshop, f.parents, store.RecordsAfter{ID: f.after, Run: f.changedIn, Limit: parentsAtOnce})
	if err != nil {
		return nil, err
	}
	if len(parents) == 0 {
		return nil, io.EOF
	}
	f.after = parents[len(parents)-1].ID
	return parents, nil
}
