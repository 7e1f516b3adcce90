package main

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"sync"
	"syscall"
	"time"
)

// fleet keeps a number of workers alive: one that is killed is replaced at once.
type fleet struct {
	orders workerOrders
	log    io.Writer
	say    *progress

	mu      sync.Mutex
	workers map[string]*worker
	born    int
	closed  bool
	pending sync.WaitGroup
}

// worker is one worker process. Its holder is its name in leases and in the
// sessions of the database.
type worker struct {
	*child
	holder string
	// spared: it is stopped, or watched after that, and is not to be killed.
	spared bool
}

// newFleet starts so many workers and waits until they work.
func newFleet(orders workerOrders, size int, log io.Writer, say *progress) (*fleet, error) {
	f := &fleet{orders: orders, log: log, say: say, workers: map[string]*worker{}}
	failed := make(chan error, size)
	for range size {
		go func() { failed <- f.add() }()
	}
	var first error
	for range size {
		if err := <-failed; err != nil && first == nil {
			first = err
		}
	}
	if first != nil {
		f.close()
	}
	return f, first
}

// add starts one more worker.
func (f *fleet) add() error {
	f.mu.Lock()
	f.born++
	w := &worker{holder: fmt.Sprintf("worker-%04d", f.born)}
	f.mu.Unlock()
	orders := f.orders
	orders.Holder = w.holder
	dsn, err := url.Parse(orders.Database)
	if err != nil {
		return err
	}
	query := dsn.Query()
	query.Set("application_name", w.holder)
	dsn.RawQuery = query.Encode()
	orders.Database = dsn.String()
	if w.child, err = startChild(roleWorker, orders, f.log); err != nil {
		return err
	}
	var ready struct{ Ready bool }
	if err := w.hear(&ready); err != nil {
		return fmt.Errorf("%s: %w", w.holder, err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		w.kill()
		return nil
	}
	f.workers[w.holder] = w
	return nil
}

// replace starts a worker in another's place, again and again while PostgreSQL
// is away.
func (f *fleet) replace() {
	f.pending.Go(func() {
		for {
			err := f.add()
			f.mu.Lock()
			closed := f.closed
			f.mu.Unlock()
			if err == nil || closed {
				return
			}
			time.Sleep(100 * time.Millisecond)
		}
	})
}

// kill kills a worker that is not spared and starts another.
func (f *fleet) kill(holder string) bool {
	f.mu.Lock()
	w := f.workers[holder]
	if w == nil || w.spared {
		f.mu.Unlock()
		return false
	}
	delete(f.workers, holder)
	f.mu.Unlock()
	w.kill()
	f.replace()
	return true
}

// stop stops a worker in its tracks and keeps it from being killed; nil when
// it is not there.
func (f *fleet) stop(holder string) *worker {
	f.mu.Lock()
	defer f.mu.Unlock()
	w := f.workers[holder]
	if w == nil || w.spared || w.signal(syscall.SIGSTOP) != nil {
		return nil
	}
	w.spared = true
	return w
}

// release lets a worker that went on be killed again.
func (f *fleet) release(w *worker) {
	f.mu.Lock()
	defer f.mu.Unlock()
	w.spared = false
}

// holders are the workers that may be killed now.
func (f *fleet) holders() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var names []string
	for name, w := range f.workers {
		if !w.spared {
			names = append(names, name)
		}
	}
	return names
}

// close kills every worker.
func (f *fleet) close() {
	f.mu.Lock()
	f.closed = true
	workers := f.workers
	f.workers = map[string]*worker{}
	f.mu.Unlock()
	for _, w := range workers {
		w.kill()
	}
	f.pending.Wait()
}

// pause waits; false when ctx ended.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
