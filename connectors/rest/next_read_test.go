package rest

import (
	"testing"
	"time"
)

func TestNextReadSaysWhatTheReadAsksFor(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	hour := now.Add(-time.Hour)
	byTime := &Stream{Since: &Since{Overlap: 5 * time.Minute, Retention: 48 * time.Hour}}
	byKey := &Stream{Since: &Since{Keyset: "Timestamp", First: "1"}}
	for name, c := range map[string]struct {
		stream *Stream
		at     time.Time
		key    string
		want   NextRead
	}{
		"no changes told": {&Stream{}, hour, "", NextRead{Detail: "everything: the remote tells no changes"}},
		"no cursor":       {byTime, time.Time{}, "", NextRead{Detail: "everything: there is no cursor"}},
		"time":            {byTime, hour, "", NextRead{From: hour.Add(-5 * time.Minute), Detail: "what changed since 2026-01-31T10:55:00Z, the cursor less 5m0s"}},
		"too old":         {byTime, now.Add(-72 * time.Hour), "", NextRead{Detail: "everything: the remote tells changes of 2 days only"}},
		"key":             {byKey, hour, "1042", NextRead{After: "1042", Detail: "what follows Timestamp 1042"}},
		"no key":          {byKey, hour, "", NextRead{After: "1", Detail: "everything: there is no cursor"}},
	} {
		if got := c.stream.NextRead(c.at, c.key, now); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}
