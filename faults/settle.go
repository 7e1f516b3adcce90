package main

import (
	"context"
	"fmt"
	"time"

	"github.com/koppel-io/koppel/faults/verify"
)

// restless is what still moves: runs that are open and writes that nobody has
// given up.
const restlessSQL = `
SELECT (SELECT count(*) FROM run WHERE state IN ('queued', 'running', 'waiting')),
       (SELECT count(*) FROM outbox WHERE state IN ('pending', 'sending', 'unknown'))`

// settle waits until nothing moves any more, and takes the workers away so
// that it stays so.
func (f *platform) settle(ctx context.Context) error {
	var runs, writes int64
	for began := time.Now(); ; {
		if err := f.db.QueryRow(ctx, restlessSQL).Scan(&runs, &writes); err != nil {
			return err
		}
		if runs == 0 && writes == 0 {
			break
		}
		if time.Since(began) > patience {
			f.say.say("%d runs and %d writes are still open after %s", runs, writes, patience)
			break // the verifier counts them
		}
		if !pause(ctx, poll) {
			return fmt.Errorf("%d runs and %d writes are still open: %w", runs, writes, ctx.Err())
		}
	}
	f.fleet.close()
	return nil
}

// verify compares the database with the shop.
func (f *platform) verify(ctx context.Context) (verify.Findings, error) {
	f.say.say("comparing with the shop, row by row")
	findings, err := verify.All(ctx, verify.Config{Database: f.dsn("postgres"), Shop: f.shop.url, Unpack: unpack})
	for _, example := range findings.Examples {
		f.say.say("wrong: %s", example)
	}
	return findings, err
}
