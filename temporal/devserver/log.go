package devserver

import (
	"context"
	"log/slog"
	"sync/atomic"

	"go.temporal.io/server/common/log/tag"
)

// errorLog is the server's logger: errors reach slog, the rest is dropped. While the server stops, its parts
// complain of each other's absence; that is dropped too.
type errorLog struct {
	to       *slog.Logger
	stopping *atomic.Bool
}

func (l errorLog) Debug(string, ...tag.Tag) {}
func (l errorLog) Info(string, ...tag.Tag)  {}
func (l errorLog) Warn(string, ...tag.Tag)  {}

func (l errorLog) Error(msg string, tags ...tag.Tag) {
	if l.stopping.Load() {
		return
	}
	attrs := make([]slog.Attr, 0, len(tags))
	for _, t := range tags {
		if t.Key() == "" {
			continue
		}
		attrs = append(attrs, slog.Any(t.Key(), t.Value()))
	}
	l.to.LogAttrs(context.Background(), slog.LevelError, "temporal: "+msg, attrs...)
}

func (l errorLog) DPanic(msg string, tags ...tag.Tag) { l.Error(msg, tags...) }

// Panic and Fatal may not return: the server has no way on. Start turns the panic into its error when it happens
// on its own goroutine.
func (l errorLog) Panic(msg string, tags ...tag.Tag) {
	l.Error(msg, tags...)
	panic("temporal: " + msg)
}

func (l errorLog) Fatal(msg string, tags ...tag.Tag) { l.Panic(msg, tags...) }
