package activities

import (
	"context"
	"sync"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/koppel-io/koppel"
)

// heartbeat tells Temporal that the activity is alive, a few times per
// timeout, also while a page or a commit takes long. beat changes the counts
// that go along; quiet ends it.
func heartbeat(ctx context.Context, timeout time.Duration) (beat func(koppel.Counts), quiet func()) {
	var mu sync.Mutex
	var counts koppel.Counts
	done := make(chan struct{})
	ticker := time.NewTicker(max(timeout/4, 100*time.Millisecond))
	go func() {
		for {
			select {
			case <-done:
				return
			case <-ticker.C:
				mu.Lock()
				now := counts
				mu.Unlock()
				activity.RecordHeartbeat(ctx, now)
			}
		}
	}()
	beat = func(c koppel.Counts) {
		mu.Lock()
		counts = c
		mu.Unlock()
	}
	return beat, func() { ticker.Stop(); close(done) }
}
