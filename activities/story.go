package activities

import (
	"context"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

// The events that slices and pushes add to a run's timeline.
const (
	eventSlice   = "slice"
	eventMapped  = "mapped"
	eventAttempt = "attempt"
	eventSent    = "sent"
	eventRounded = "rounded"
)

// story is what a run's timeline tells of one slice: what it did beyond the
// slices before it, how long it took and why it ended.
type story struct {
	*Activities
	*pinned
	event   string
	stream  string
	started time.Time
	before  koppel.Counts
}

func (a *Activities) tell(p *pinned, stream string) *story {
	return &story{Activities: a, pinned: p, event: eventSlice, stream: stream, started: time.Now()}
}

// begin says how the counters of the stream stood.
func (s *story) begin(counts koppel.Counts) { s.before = counts }

// end notes the slice. One that did nothing (a second attempt after the first
// had done it all) is no event.
func (s *story) end(ctx context.Context, result SliceResult) error {
	c := result.Counts
	data := map[string]any{}
	for name, n := range map[string]int64{
		"pages": c.Pages - s.before.Pages, "records": c.Records - s.before.Records, "changed": c.Changed - s.before.Changed,
		"unchanged": c.Unchanged - s.before.Unchanged, "parked": c.Parked - s.before.Parked, "objects": c.Objects - s.before.Objects,
	} {
		if n > 0 {
			data[name] = n
		}
	}
	switch {
	case result.Failure != nil:
		data["failure"], data["detail"] = result.Failure.Kind, result.Failure.Detail
		if result.Failure.Exchange != 0 {
			data["exchange"] = result.Failure.Exchange
		}
	case result.Wait != nil:
		data["wait"] = result.Wait.Reason
	case result.Hold != "":
		data["hold"] = result.Hold
	}
	if len(data) == 0 && !result.Progress {
		return nil
	}
	if s.stream != "" {
		data["stream"] = s.stream
	}
	if result.Done {
		data["done"] = true
	}
	data["ms"] = time.Since(s.started).Milliseconds()
	if info := activity.GetInfo(ctx); info.Attempt > 1 {
		// What the attempts before met is in the log: often this database was away.
		data["attempt"] = info.Attempt
		data["delayed"] = s.started.Sub(info.ScheduledTime).Round(time.Second).String()
	}
	return s.Store.InTx(ctx, store.ForWebshop(s.run.WebshopID), func(tx *store.Tx) error {
		return tx.AppendTimeline(ctx, s.run.ID, s.event, data)
	})
}
