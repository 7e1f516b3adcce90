package clock

import (
	"fmt"
	"math/bits"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Line is a cron line in a time zone: minute, hour, day of month, month, day of
// week. A time fires when all five match, also when both days are narrowed.
type Line struct {
	zone                                   *time.Location
	minutes, hours, days, months, weekdays set
}

// set has a bit for each value of a field.
type set uint64

func (s set) has(n int) bool { return s&(1<<n) != 0 }
func (s set) last() int      { return bits.Len64(uint64(s)) - 1 }

// list is the values in order.
func (s set) list() []int {
	var out []int
	for n := range 64 {
		if s.has(n) {
			out = append(out, n)
		}
	}
	return out
}

// macros are lines by name.
var macros = map[string]string{
	"@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@weekly": "0 0 * * 0", "@monthly": "0 0 1 * *",
}

// field is one field of a line.
type field struct {
	name        string
	first, last int
	words       []string
}

var fields = []field{
	{"minute", 0, 59, nil},
	{"hour", 0, 23, nil},
	{"day of month", 1, 31, nil},
	{"month", 1, 12, []string{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}},
	{"day of week", 0, 7, []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}},
}

// lineMost is how long a line may be, in bytes.
const lineMost = 200

// Parse reads a cron line of five fields (numbers, names of months and days,
// *, ranges, lists and steps; or @hourly, @daily, @weekly, @monthly) and the
// name of a time zone. The error says which field is wrong.
func Parse(cron, zone string) (Line, error) {
	var l Line
	location, err := loadZone(zone)
	if err != nil {
		return l, err
	}
	l.zone = location
	if len(cron) > lineMost {
		return l, fmt.Errorf("the cron line is longer than %d characters", lineMost)
	}
	text := strings.ToLower(strings.TrimSpace(cron))
	if strings.HasPrefix(text, "@") {
		if text = macros[text]; text == "" {
			return l, fmt.Errorf("%q is not known; use @hourly, @daily, @weekly, @monthly or five fields", cron)
		}
	}
	parts := strings.Fields(text)
	if len(parts) != len(fields) {
		return l, fmt.Errorf("%q has %d fields; a cron line has five: minute, hour, day of month, month, day of week", cron, len(parts))
	}
	for i, into := range []*set{&l.minutes, &l.hours, &l.days, &l.months, &l.weekdays} {
		if *into, err = fields[i].parse(parts[i]); err != nil {
			return l, err
		}
	}
	if l.weekdays.has(7) {
		l.weekdays |= 1 // both are Sunday
	}
	l.weekdays &^= 1 << 7
	if l.Next(firstDay, 0).IsZero() {
		return l, fmt.Errorf("%q never fires: there is no such day", cron)
	}
	return l, nil
}

// firstDay is a day from which every line that can fire does so within the years looked at.
var firstDay = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)

// zones are the time zones that were loaded, by name.
var zones sync.Map

func loadZone(name string) (*time.Location, error) {
	if known, ok := zones.Load(name); ok {
		return known.(*time.Location), nil
	}
	location, err := time.LoadLocation(name)
	if err != nil || name == "" || name == "Local" {
		return nil, fmt.Errorf("time zone %q is unknown; use a name such as Europe/Amsterdam or UTC", name)
	}
	zones.Store(name, location) // of names that exist, which are few
	return location, nil
}

// parse reads a list of *, n, n-m, each with an optional /step.
func (f field) parse(text string) (set, error) {
	var out set
	for part := range strings.SplitSeq(text, ",") {
		span, stepText, stepped := strings.Cut(part, "/")
		step := 1
		if stepped {
			n, err := strconv.Atoi(stepText)
			if err != nil || n < 1 || n > f.last {
				return 0, fmt.Errorf("%s: step %q is not 1 to %d", f.name, stepText, f.last)
			}
			step = n
		}
		from, to := f.first, f.last
		if f.last == 7 {
			to = 6 // Sunday once
		}
		if span != "*" {
			low, high, ranged := strings.Cut(span, "-")
			var err error
			if from, err = f.value(low); err != nil {
				return 0, err
			}
			switch {
			case ranged:
				if to, err = f.value(high); err != nil {
					return 0, err
				}
			case !stepped:
				to = from
			}
		}
		if from > to {
			return 0, fmt.Errorf("%s: %q ends before it begins", f.name, part)
		}
		for n := from; n <= to; n += step {
			out |= 1 << n
		}
	}
	return out, nil
}

func (f field) value(text string) (int, error) {
	for i, word := range f.words {
		if text == word {
			return i + f.first, nil
		}
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < f.first || n > f.last {
		return 0, fmt.Errorf("%s: %q is not %d to %d", f.name, text, f.first, f.last)
	}
	return n, nil
}
