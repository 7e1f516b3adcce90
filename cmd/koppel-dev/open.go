package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// runOpen starts everything, shows the activation, says what to try, and runs until ctx ends.
func runOpen(ctx context.Context, opts options, term terminal) error {
	say := func(line string) { fmt.Fprintln(term.out, line) }
	err := withPlatform(ctx, opts, say, func(ctx context.Context, p *platform) error {
		coupling, err := watchActivation(ctx, p.client, p.coupling.ID, newProgress(term.out, isTerminal(term.out), time.Now))
		switch {
		case isNotActive(err):
			say(err.Error())
		case err != nil:
			return err
		}
		counts, err := countObjects(ctx, p.client, coupling)
		if err != nil {
			return err
		}
		say(greeting(p.home, p.urls, coupling, counts))
		<-ctx.Done()
		return ctx.Err()
	})
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil // Ctrl-C is how this ends
	}
	return err
}
