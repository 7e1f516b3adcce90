package localpg

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"
)

// pollEvery is how often conditions of other processes (a lock, a pid file, an exit) are looked at.
const pollEvery = 10 * time.Millisecond

// lockFile takes the exclusive flock on path, made when absent, and gives the function that lets go. The kernel
// lets go when the process dies. The file stays: removing it would split its holders.
func lockFile(ctx context.Context, path string) (unlock func(), err error) {
	f, err := openLock(path)
	if err != nil {
		return nil, err
	}
	if err := flock(ctx, f, syscall.LOCK_EX); err != nil {
		f.Close()
		return nil, err
	}
	return func() { f.Close() }, nil
}

func openLock(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, fmt.Errorf("localpg: open lock: %w", err)
	}
	return f, nil
}

func flock(ctx context.Context, f *os.File, how int) error {
	var err error
	if waitErr := wait(ctx, func() bool {
		err = syscall.Flock(int(f.Fd()), how|syscall.LOCK_NB)
		return !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR)
	}); waitErr != nil {
		return fmt.Errorf("localpg: another process holds %s: %w", f.Name(), waitErr)
	}
	if err != nil {
		return fmt.Errorf("localpg: lock %s: %w", f.Name(), err)
	}
	return nil
}

// wait polls until done reports true or ctx ends, and then returns the context's error.
func wait(ctx context.Context, done func() bool) error {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for !done() {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
	return nil
}
