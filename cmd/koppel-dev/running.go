package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// running is the parts that were started, in order.
type running struct {
	log    *slog.Logger
	failed context.CancelCauseFunc // ends everything
	stops  []stopping
}

type stopping struct {
	part string
	stop func() error
}

// partFailure is the end of a part that nobody asked to end.
type partFailure struct {
	part string
	err  error
}

func (e *partFailure) Error() string { return fmt.Sprintf("the %s ended: %v", e.part, e.err) }
func (e *partFailure) Unwrap() error { return e.err }

func isPartFailure(err error) bool {
	var e *partFailure
	return errors.As(err, &e)
}

// onStop remembers how to stop a part.
func (r *running) onStop(part string, stop func() error) {
	r.stops = append(r.stops, stopping{part, stop})
}

// run runs a part on a goroutine of its own until it is stopped, which its ctx tells it; ctx's values are kept, its
// end is not: parts stop one after another, last started first. One that ends by itself ends everything.
func (r *running) run(ctx context.Context, part string, serve func(context.Context) error) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan error, 1)
	go func() {
		err := serve(ctx)
		if ctx.Err() == nil {
			if err == nil {
				err = errors.New("without an error")
			}
			r.failed(&partFailure{part, err})
			err = nil
		}
		ended <- err
	}()
	r.onStop(part, func() error {
		cancel()
		return <-ended
	})
}

// stopAll stops every part, last started first. What goes wrong is logged: the next start copes with it.
func (r *running) stopAll() {
	for i := len(r.stops) - 1; i >= 0; i-- {
		began := time.Now()
		err := r.stops[i].stop()
		if err != nil && !errors.Is(err, context.Canceled) {
			r.log.Error("stop", "part", r.stops[i].part, "error", err)
			continue
		}
		r.log.Info("stopped part", "part", r.stops[i].part, "took", time.Since(began).Round(time.Millisecond))
	}
	r.stops = nil
}
