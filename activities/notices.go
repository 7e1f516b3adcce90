package activities

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/riverqueue/river"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/notify"
	"github.com/koppel-io/koppel/store"
)

// tellInbox compares the inboxes of webshops with what was told of them, for at
// most half the time between two sweeps: the next one goes on where this one ended.
func (a *Activities) tellInbox(ctx context.Context, swept *Swept) error {
	until := time.Now().Add(a.Durations.Sweep / 2)
	upTo := a.ToldUpTo
	if upTo == nil {
		upTo = &atomic.Int64{}
	}
	after := upTo.Load()
	for {
		webshops, err := a.Store.Covered(ctx, after)
		if err != nil {
			return err
		}
		if len(webshops) == 0 {
			upTo.Store(0)
			return a.Store.ForgetNotices(ctx)
		}
		for _, webshop := range webshops {
			if time.Now().After(until) {
				upTo.Store(after)
				return nil
			}
			n, err := a.Store.TellInbox(ctx, webshop)
			if err != nil {
				return err
			}
			swept.Told += n
			after = webshop
		}
	}
}

// notice sends a notice. What may pass is tried again by the queue, for a day.
func (j Jobs) notice(ctx context.Context, job *river.Job[store.NoticeJob]) error {
	n, ok, err := j.Store.TakeNotice(ctx, job.Args.Notice)
	if err != nil || !ok {
		return err
	}
	err = j.Notifier.Send(ctx, notify.Message{ID: n.UUID, Channel: n.Channel, Target: n.Target, Entries: n.Entries, Count: n.EntryCount})
	state, problem := store.NoticeSent, ""
	switch {
	case err == nil:
	case !notify.Retries(err) || job.Attempt >= job.MaxAttempts:
		state, problem = store.NoticeFailed, koppel.DetailOf(err)
		j.Log.WarnContext(ctx, "notice given up", "notice", n.UUID, "attempts", n.Attempts, "error", err)
	default:
		state, problem = store.NoticeSending, koppel.DetailOf(err)
	}
	if ended := j.Store.EndNotice(ctx, n.ID, state, problem); ended != nil || state != store.NoticeSending {
		return ended
	}
	if after := notify.RetryAfter(err); after > 0 {
		return river.JobSnooze(after)
	}
	return fmt.Errorf("notice %s: %s", n.UUID, problem)
}
