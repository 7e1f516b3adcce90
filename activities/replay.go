package activities

import (
	"context"
	"encoding/json"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/mapping"
	"github.com/koppel-io/koppel/store"
)

const replayAtOnce = 1000

// replay maps a stream's stored records again, without asking the remote. It
// takes no lease: a scan may run meanwhile, and newer tickets win. Records that
// need others beside them are marked for the map stage.
func (a *Activities) replay(ctx context.Context, p *pinned, in SliceInput, story *story) (SliceResult, error) {
	lease, scan, err := a.Store.OpenReplay(ctx, in.Webshop, in.Run, in.Stream)
	if err != nil {
		return SliceResult{}, err
	}
	story.begin(scan.Counts)
	result := SliceResult{Counts: scan.Counts}
	if scan.EndedAt != nil {
		result.Done = true
		return result, nil
	}
	after := ""
	if scan.Resume != nil {
		if err := json.Unmarshal(scan.Resume, &after); err != nil {
			return SliceResult{}, koppel.Wrap("resume replay of "+in.Stream, err)
		}
	}
	beat, quiet := heartbeat(ctx, a.Durations.Heartbeat)
	defer quiet()
	watched, done := a.watched(ctx, p)
	defer done()
	next := a.replayPage
	if p.later(in.Stream) {
		next = a.markPage
	}
	evaluator := p.evaluator()
	for until := time.Now().Add(a.Durations.Slice); !result.Progress || time.Now().Before(until); {
		if h := haltOf(watched); h != nil {
			h.reportIn(&result)
			return result, nil
		}
		b := &store.Batch{Lease: lease, Total: -1, Mapping: true}
		n, last, err := next(ctx, p, evaluator, in.Stream, b, after)
		if err != nil {
			return SliceResult{}, err
		}
		if after = last; n < replayAtOnce {
			b.End = &store.End{Rule: "every stored record mapped"}
		}
		if b.Resume, err = json.Marshal(after); err != nil {
			return SliceResult{}, koppel.Wrap("resume replay of "+in.Stream, err)
		}
		counts, err := a.Store.WriteBatch(ctx, b)
		if err != nil {
			return SliceResult{}, err
		}
		result.Counts.Add(counts)
		result.Progress = true
		beat(result.Counts)
		if b.End != nil {
			result.Done = true
			return result, nil
		}
	}
	return result, nil
}

// replayPage maps the records after an id; last is the last one's.
func (a *Activities) replayPage(ctx context.Context, p *pinned, evaluator *mapping.Evaluator, stream string, b *store.Batch, after string) (n int, last string, err error) {
	records, err := a.Store.StoredRecords(ctx, b.Lease.Webshop, b.Lease.Stream, store.RecordsAfter{ID: after, Limit: replayAtOnce})
	last = after
	for _, r := range records {
		record := store.Record{ID: r.ID, ParentID: r.ParentID, Hash: r.Hash, Ticket: r.Ticket, Raw: r.Raw}
		mapInto(&record, evaluator, p.programs(stream), &together{raw: r.Raw})
		b.Records = append(b.Records, record)
		last = r.ID
	}
	return len(records), last, err
}

// markPage marks the records, or the groups of records, after an id.
func (a *Activities) markPage(ctx context.Context, p *pinned, _ *mapping.Evaluator, stream string, b *store.Batch, after string) (n int, last string, err error) {
	list := a.Store.StoredIDs
	if grouped(p.connector.Mapping.ByStream(stream)) {
		list = a.Store.StoredGroups
	}
	b.Mark, err = list(ctx, b.Lease.Webshop, b.Lease.Stream, after, replayAtOnce)
	if n = len(b.Mark); n == 0 {
		return 0, after, err
	}
	return n, b.Mark[n-1], err
}
