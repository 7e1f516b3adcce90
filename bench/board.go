package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// board runs the benches that were asked for.
type board struct {
	opts options
	out  *json.Encoder
	say  func(format string, args ...any)
	*platform
	// costs are what this run measured, for the model.
	costs costs
}

func (b *board) run(ctx context.Context) (err error) {
	if b.opts.wants("mapping") {
		if err := b.mapping(); err != nil {
			return fmt.Errorf("mapping: %w", err)
		}
	}
	if b.opts.only == "mapping" {
		return nil
	}
	b.say("starting PostgreSQL and Temporal")
	b.platform, err = startPlatform(ctx)
	defer func() {
		if b.platform != nil {
			err = errors.Join(err, b.stop())
		}
	}()
	if err != nil {
		return err
	}
	if b.opts.wants("first_load") || b.opts.wants("resync_unchanged") {
		if err := b.loads(ctx); err != nil {
			return fmt.Errorf("first_load: %w", err)
		}
	}
	if b.opts.wants("memory") {
		if err := b.memory(ctx); err != nil {
			return fmt.Errorf("memory: %w", err)
		}
	}
	if b.opts.wants("preview") {
		if err := b.preview(ctx); err != nil {
			return fmt.Errorf("preview: %w", err)
		}
	}
	if b.opts.wants("fair") {
		if err := b.fair(ctx); err != nil {
			return fmt.Errorf("fair: %w", err)
		}
	}
	if b.opts.wants("noop") {
		if err := b.noop(ctx); err != nil {
			return fmt.Errorf("noop: %w", err)
		}
	}
	if b.opts.wants("webhooks_in") {
		if err := b.webhooks(ctx); err != nil {
			return fmt.Errorf("webhooks_in: %w", err)
		}
	}
	if b.opts.wants("model") {
		if err := b.model(ctx); err != nil {
			return fmt.Errorf("model: %w", err)
		}
	}
	return nil
}

// line is one bench's result.
func (b *board) line(name string, fields map[string]any) error {
	fields["bench"] = name
	return b.out.Encode(fields)
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}

func round(v float64, digits int) float64 {
	scale := 1.0
	for range digits {
		scale *= 10
	}
	return float64(int64(v*scale+0.5)) / scale
}
