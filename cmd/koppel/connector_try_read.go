package main

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/koppel-io/koppel/connectors/rest"
)

// first gives the first records of a read to do, and says how many there were.
func (t *trial) first(ctx context.Context, stream string, opts rest.ReadOptions, most int, do func(*rest.Record) error) (n int, err error) {
	reader, err := t.client.Read(stream, opts)
	if err != nil {
		return 0, err
	}
	defer reader.Close()
	for n < most {
		page, err := reader.Next(ctx)
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if pending := (*rest.Pending)(nil); errors.As(err, &pending) {
			if err := waitFor(ctx, pending.Wait); err != nil {
				return n, err
			}
			continue
		}
		if err != nil {
			return n, err
		}
		for i := range page.Records {
			if n == most {
				break
			}
			n++
			if err := do(&page.Records[i]); err != nil {
				page.Release()
				return n, err
			}
		}
		page.Release()
	}
	return n, nil
}

// waitFor lets the remote work on its job.
func waitFor(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
