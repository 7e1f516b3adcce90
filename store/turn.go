package store

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
)

// turn orders batches of one lease that are written beside each other: each commits only after the one before, and
// lets go of what it locked when the one before needs it.
type turn struct {
	once sync.Once
	// begun keeps a batch from being written twice: what it was given after it no longer knows.
	begun atomic.Bool
	// done is closed when the batch is committed (ok) or given up; back when it needs its successor out of the way.
	done, back chan struct{}
	ok         bool
	asked      bool
}

var (
	// errAhead: the batch before this one must be alone; this one begins again after it.
	errAhead = errors.New("the batch before this one is written again")
	// errBefore: the batch before this one was given up, so this one cannot be committed.
	errBefore = errors.New("the batch before this one was not written")
)

func (t *turn) open() {
	t.once.Do(func() { t.done, t.back = make(chan struct{}), make(chan struct{}) })
}

// begin is false when the batch was begun before.
func (t *turn) begin() bool {
	t.open()
	return !t.begun.Swap(true)
}

func (t *turn) finish(ok bool) {
	t.ok = ok
	close(t.done)
}

// committed reports whether the batch is; false while it is being written.
func (t *turn) committed() bool {
	t.open()
	select {
	case <-t.done:
		return t.ok
	default:
		return false
	}
}

// stepBack asks the successor to let go. Only the batch's own goroutine calls it.
func (t *turn) stepBack() {
	if !t.asked {
		t.asked = true
		close(t.back)
	}
}

// await waits until the batch is committed. With patience it goes on waiting when the batch asks for room.
func (t *turn) await(ctx context.Context, patient bool) error {
	t.open()
	back := t.back
	if patient {
		back = nil
	}
	select {
	case <-t.done:
	default:
		select {
		case <-t.done:
		case <-back:
			return errAhead
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if !t.ok {
		return errBefore
	}
	return nil
}
