package mapping

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"
	// Zones must be known on every machine, also where none are installed.
	_ "time/tzdata"
)

var timeFunctions = []Function{
	{Name: "time", Group: "Times", Signature: "time(text any, [layout string], [zone string]) time or null",
		Doc:      "A moment from a text: by Go's layout (2006-01-02T15:04:05; RFC 3339 when left out), in a zone (UTC when left out) unless the text names one. A text that means no date (empty, 0000-00-00, 0001-01-01, 1900-01-01) is null.",
		Examples: []Example{{`format(time("2026-07-01T12:00:00", "2006-01-02T15:04:05", "Europe/Amsterdam"))`, `"2026-07-01T10:00:00Z"`}, {`time("0000-00-00 00:00:00", "2006-01-02 15:04:05")`, `nil`}},
		run:      runTime},
	{Name: "date", Group: "Times", Signature: "date(text any, [layout string]) date or null",
		Doc:      "A day from a text, by Go's layout (2006-01-02 when left out).",
		Examples: []Example{{`format(date("2026-07-01"), "02-01-2006")`, `"01-07-2026"`}, {`date("31/12/2026", "02/01/2006") > date("2026-01-01")`, `true`}},
		run:      runDate},
	{Name: "unix", Group: "Times", Signature: "unix(seconds decimal) time",
		Doc:      "A moment from seconds since 1970.",
		Examples: []Example{{`format(unix(1782900000))`, `"2026-07-01T10:00:00Z"`}},
		run: func(_ *meter, args []any) (any, error) {
			return epoch(args[0], 1)
		}},
	{Name: "unix_ms", Group: "Times", Signature: "unix_ms(milliseconds decimal) time",
		Doc:      "A moment from milliseconds since 1970.",
		Examples: []Example{{`format(unix_ms(1782900000000))`, `"2026-07-01T10:00:00Z"`}},
		run: func(_ *meter, args []any) (any, error) {
			return epoch(args[0], 1000)
		}},
	{Name: "ms_date", Group: "Times", Signature: "ms_date(text string) time or null",
		Doc:      "A moment from the form /Date(1782900000000)/ of older Microsoft services.",
		Examples: []Example{{`format(ms_date("/Date(1782900000000)/"))`, `"2026-07-01T10:00:00Z"`}},
		run: func(_ *meter, args []any) (any, error) {
			text := strings.TrimSpace(args[0].(string))
			if meaningless(text) {
				return nil, nil
			}
			inner, ok := strings.CutPrefix(text, "/Date(")
			inner, ok2 := strings.CutSuffix(inner, ")/")
			ms, err := strconv.ParseInt(inner, 10, 64)
			if !ok || !ok2 || err != nil {
				return nil, fmt.Errorf("%q is not of the form /Date(…)/", clip(text))
			}
			return inRange(time.UnixMilli(ms).UTC())
		}},
	{Name: "format", Group: "Times", Signature: "format(moment time, [layout string], [zone string]) string",
		Doc:      "A moment as text, by Go's layout (RFC 3339 when left out) in a zone (UTC when left out).",
		Examples: []Example{{`format(unix(0), "2006-01-02 15:04", "Europe/Amsterdam")`, `"1970-01-01 01:00"`}},
		run:      runFormat},
	{Name: "utc", Group: "Times", Signature: "utc(moment time, layout string) string",
		Doc:      "A moment as text in UTC.",
		Examples: []Example{{`unix(0).utc("2006-01-02T15:04:05")`, `"1970-01-01T00:00:00"`}},
		run:      runFormat},
	{Name: "add_days", Group: "Times", Signature: "add_days(moment time, days int) time",
		Doc:      "So many calendar days later; at most 36500 either way.",
		Examples: []Example{{`format(add_days(unix(0), 31), "2006-01-02")`, `"1970-02-01"`}},
		run: func(_ *meter, args []any) (any, error) {
			days := args[1].(int)
			if days > 36500 || days < -36500 {
				return nil, fmt.Errorf("%d days, more than a century", days)
			}
			return inRange(args[0].(time.Time).AddDate(0, 0, days))
		}},
}

// noDate reports whether a text is one of the dates that stand for none.
func noDate(text string) bool {
	if meaningless(text) {
		return true
	}
	return strings.HasPrefix(text, "0000-00-00") || strings.HasPrefix(text, "0001-01-01") || strings.HasPrefix(text, "1900-01-01")
}

func runTime(_ *meter, args []any) (any, error) {
	if t, ok := args[0].(time.Time); ok {
		return t, nil
	}
	text, ok := args[0].(string)
	if !ok {
		return nil, fmt.Errorf("%s is not a text; use unix() or unix_ms() for a number", show(args[0]))
	}
	if text = strings.TrimSpace(text); noDate(text) {
		return nil, nil
	}
	layout, zone := time.RFC3339, time.UTC
	if len(args) > 1 {
		layout = args[1].(string)
	}
	if len(args) > 2 {
		var err error
		if zone, err = location(args[2].(string)); err != nil {
			return nil, err
		}
	}
	if t, ok := plainTime(text, layout, zone); ok {
		return inRange(t)
	}
	t, err := time.ParseInLocation(layout, text, zone)
	if err != nil {
		return nil, fmt.Errorf("%q is not of the form %s", clip(text), layout)
	}
	return inRange(t.UTC())
}

// plainTime reads the commonest layout in UTC without time.Parse's generality.
func plainTime(text, layout string, zone *time.Location) (time.Time, bool) {
	if zone != time.UTC || layout != "2006-01-02T15:04:05" || len(text) != len(layout) {
		return time.Time{}, false
	}
	var n [6]int
	for i, part := range [6][2]int{{0, 4}, {5, 7}, {8, 10}, {11, 13}, {14, 16}, {17, 19}} {
		for _, c := range []byte(text[part[0]:part[1]]) {
			if c-'0' > 9 {
				return time.Time{}, false
			}
			n[i] = n[i]*10 + int(c-'0')
		}
	}
	if text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' || text[16] != ':' ||
		n[1] < 1 || n[1] > 12 || n[2] < 1 || n[2] > 28 || n[3] > 23 || n[4] > 59 || n[5] > 59 {
		return time.Time{}, false
	}
	return time.Date(n[0], time.Month(n[1]), n[2], n[3], n[4], n[5], 0, time.UTC), true
}

func runDate(_ *meter, args []any) (any, error) {
	switch v := args[0].(type) {
	case time.Time:
		return time.Date(v.Year(), v.Month(), v.Day(), 0, 0, 0, 0, time.UTC), nil
	case string:
		text := strings.TrimSpace(v)
		if noDate(text) {
			return nil, nil
		}
		layout := time.DateOnly
		if len(args) > 1 {
			layout = args[1].(string)
		}
		t, err := time.Parse(layout, text)
		if err != nil {
			return nil, fmt.Errorf("%q is not of the form %s", clip(text), layout)
		}
		return inRange(time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC))
	}
	return nil, fmt.Errorf("%s is not a text", show(args[0]))
}

func runFormat(m *meter, args []any) (any, error) {
	layout, zone := "2006-01-02T15:04:05Z", time.UTC
	if len(args) > 1 {
		layout = args[1].(string)
	}
	if len(args) > 2 {
		var err error
		if zone, err = location(args[2].(string)); err != nil {
			return nil, err
		}
	}
	if len(layout) > 100 {
		return nil, errLayout
	}
	return args[0].(time.Time).In(zone).Format(layout), m.grow(4 * len(layout))
}

func epoch(v any, unit int64) (any, error) {
	d, _, err := toDecimal(v)
	if err != nil {
		return nil, err
	}
	ms := d.Shift(3)
	if unit == 1000 {
		ms = d
	}
	n, err := toInt(ms.Floor())
	if err != nil {
		return nil, err
	}
	return inRange(time.UnixMilli(int64(n)).UTC())
}

// inRange refuses years that neither the database nor RFC 3339 can hold.
func inRange(t time.Time) (any, error) {
	if y := t.Year(); y < 1 || y > 9999 {
		return nil, fmt.Errorf("the year %d", y)
	}
	return t, nil
}

var errLayout = errors.New("a layout is at most 100 characters and holds parts of Go's reference time, 2006-01-02T15:04:05")

func checkLayout(layout string) error {
	if len(layout) > 100 || time.Unix(0, 0).UTC().Format(layout) == layout {
		return fmt.Errorf("%q: %w", clip(layout), errLayout)
	}
	return nil
}

// zones caches loaded zones: loading reads a file, and evaluation does no I/O
// once a zone was seen. Only names that exist are kept.
var zones sync.Map

func location(name string) (*time.Location, error) {
	if name == "UTC" {
		return time.UTC, nil
	}
	if zone, ok := zones.Load(name); ok {
		return zone.(*time.Location), nil
	}
	if name == "" || name == "Local" || len(name) > 64 {
		return nil, fmt.Errorf("unknown zone %q; name one such as Europe/Amsterdam", clip(name))
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("unknown zone %q; name one such as Europe/Amsterdam", clip(name))
	}
	zones.Store(name, zone)
	return zone, nil
}
