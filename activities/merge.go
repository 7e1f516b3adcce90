package activities

import (
	"context"
	"time"

	"github.com/koppel-io/koppel"
)

// mergeStream is the name under which a run that merges objects again keeps
// its position; it is no stream of any connector.
const mergeStream = "merge"

// mergeAgain merges the objects of the run's kind again from their sources,
// for up to a slice: what a changed priority, role or ignored field calls for.
func (a *Activities) mergeAgain(ctx context.Context, p *pinned, in SliceInput, story *story) (SliceResult, error) {
	lease, scan, err := a.Store.OpenReplay(ctx, in.Webshop, in.Run, in.Stream)
	if err != nil {
		return SliceResult{}, err
	}
	story.begin(scan.Counts)
	result := SliceResult{Counts: scan.Counts}
	if scan.Ended() {
		result.Done = true
		return result, nil
	}
	beat, quiet := heartbeat(ctx, a.Durations.Heartbeat)
	defer quiet()
	watched, done := a.watched(ctx, p)
	defer done()
	for until := time.Now().Add(a.Durations.Slice); !result.Progress || time.Now().Before(until); beat(result.Counts) {
		if h := haltOf(watched); h != nil {
			h.reportIn(&result)
			return result, nil
		}
		counts, resume, last, err := a.Store.MergeAgain(ctx, lease, scan, koppel.Object(p.run.StreamGroup))
		if err != nil {
			return SliceResult{}, err
		}
		scan.Resume, result.Progress = resume, true
		result.Counts.Add(counts)
		if last {
			result.Done = true
			return result, nil
		}
	}
	return result, nil
}
