package rest

import (
	"bytes"
	"strconv"
	"time"
)

// Layouts that are not Go's reference time.
const (
	layoutUnix   = "unix"    // seconds
	layoutUnixMS = "unix_ms" // milliseconds
	layoutDateMS = "date_ms" // "/Date(1383350400000)/", OData version 2
)

// timeLayout reads and writes the times of a stream.
type timeLayout struct {
	layout string
	zone   *time.Location
	// unit is the resolution, by which an exclusive bound is lowered.
	unit time.Duration
}

func newTimeLayout(s *Since) timeLayout {
	zone, err := time.LoadLocation(s.Zone)
	if err != nil {
		zone = time.UTC
	}
	t := timeLayout{layout: s.Layout, zone: zone, unit: time.Second}
	if s.Layout == layoutUnixMS || s.Layout == layoutDateMS || bytes.Contains([]byte(s.Layout), []byte(".000")) {
		t.unit = time.Millisecond
	}
	return t
}

// format writes a bound; a zero time is nil, which leaves its parameter out.
func (t timeLayout) format(at time.Time) any {
	if at.IsZero() {
		return nil
	}
	switch t.layout {
	case layoutUnix:
		return strconv.FormatInt(at.Unix(), 10)
	case layoutUnixMS, layoutDateMS:
		return strconv.FormatInt(at.UnixMilli(), 10)
	}
	return at.In(t.zone).Format(t.layout)
}

// parse reads a raw JSON value; anything else than a time is the zero time.
func (t timeLayout) parse(raw []byte) time.Time {
	text := raw
	if len(raw) >= 2 && raw[0] == '"' {
		text = unquote(raw[1 : len(raw)-1])
	}
	switch t.layout {
	case layoutUnix, layoutUnixMS, layoutDateMS:
		digits := bytes.TrimSuffix(bytes.TrimPrefix(text, []byte("/Date(")), []byte(")/"))
		number, err := strconv.ParseInt(string(digits), 10, 64)
		switch {
		case err != nil:
			return time.Time{}
		case t.layout == layoutUnix:
			return time.Unix(number, 0).UTC()
		}
		return time.UnixMilli(number).UTC()
	}
	at, err := time.ParseInLocation(t.layout, string(text), t.zone)
	if err != nil {
		return time.Time{}
	}
	return at.UTC()
}
