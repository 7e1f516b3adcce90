package activities

import (
	"context"
	"encoding/json"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

const replayAtOnce = 1000

// replay maps a stream's stored records again, without asking the remote. It
// takes no lease: a scan may run meanwhile, and newer tickets win.
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
	evaluator, programs := p.evaluator(), p.programs(in.Stream)
	for until := time.Now().Add(a.Durations.Slice); !result.Progress || time.Now().Before(until); {
		if h := haltOf(watched); h != nil {
			h.reportIn(&result)
			return result, nil
		}
		records, err := a.Store.StoredRecords(ctx, in.Webshop, lease.Stream, store.RecordsAfter{ID: after, Limit: replayAtOnce, Parents: true})
		if err != nil {
			return SliceResult{}, err
		}
		b := &store.Batch{Lease: lease, Total: -1, Mapping: true}
		for _, r := range records {
			record := store.Record{ID: r.ID, ParentID: r.ParentID, Hash: r.Hash, Ticket: r.Ticket, Raw: r.Raw}
			record.Mapped, record.Parked = mapAll(evaluator, programs, r.Raw, r.ParentRaw)
			b.Records = append(b.Records, record)
			after = r.ID
		}
		if len(records) < replayAtOnce {
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
