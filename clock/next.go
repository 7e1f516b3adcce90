package clock

import (
	"hash/fnv"
	"iter"
	"slices"
	"time"

	"github.com/koppel-io/koppel"
)

// daysAhead is how far a next time is looked for: a leap day on a given
// weekday comes back within 28 years, over a century's end within 40.
const daysAhead = 41 * 366

// Calendar is a set of wall-clock times in the line's zone: each field lists
// the values that match.
type Calendar struct {
	Second, Minute, Hour, Day, Month, Weekday []int
}

// Shift is by how much the firings of a line are moved: the same for every
// line of a coupling, below most, in whole seconds. No firing is moved over
// midnight, where it would be another day's.
func (l Line) Shift(coupling string, most time.Duration) time.Duration {
	if most < time.Second {
		return 0
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(coupling)) // it never fails (hash.Hash)
	room := 24*time.Hour - time.Duration(l.hours.last())*time.Hour - time.Duration(l.minutes.last())*time.Minute
	return time.Duration(h.Sum64()%uint64(min(most, room)/time.Second)) * time.Second
}

// Calendars are the wall-clock times of a line that is moved by a shift of its own.
func (l Line) Calendars(shift time.Duration) []Calendar {
	minutes := int(shift / time.Minute)
	carried := map[int]set{}
	for _, m := range l.minutes.list() {
		carried[(m+minutes)/60] |= 1 << ((m + minutes) % 60)
	}
	var out []Calendar
	for carry := range 25 {
		if carried[carry] == 0 {
			continue
		}
		out = append(out, Calendar{
			Second: []int{int(shift/time.Second) % 60}, Minute: carried[carry].list(), Hour: (l.hours << carry).list(),
			Day: l.days.list(), Month: l.months.list(), Weekday: l.weekdays.list(),
		})
	}
	return out
}

// Zone is the name of the line's time zone.
func (l Line) Zone() string { return l.zone.String() }

// Next is the first firing after a time; zero when there is none. A wall-clock
// time that a change to summer time leaves out does not fire, one that comes
// twice in autumn fires twice, as Temporal has it.
func (l Line) Next(after time.Time, shift time.Duration) time.Time {
	for at := range l.firings(after, shift, daysAhead) {
		return at
	}
	return time.Time{}
}

// Upcoming are the next count firings after a time that are not in quiet hours.
// It looks a year ahead.
func (l Line) Upcoming(after time.Time, shift time.Duration, quiet []koppel.QuietHours, count int) []time.Time {
	var out []time.Time
	for at := range l.firings(after, shift, 367) {
		if len(out) == count {
			break
		}
		if !Quiet(quiet, at) {
			out = append(out, at)
		}
	}
	return out
}

// firings are the firings after a time, in order, on so many days.
func (l Line) firings(after time.Time, shift time.Duration, days int) iter.Seq[time.Time] {
	calendars := l.Calendars(shift)
	year, month, day := after.In(l.zone).Date()
	return func(yield func(time.Time) bool) {
		for n := range days {
			date := time.Date(year, month, day+n, 12, 0, 0, 0, time.UTC)
			if !l.months.has(int(date.Month())) || !l.days.has(date.Day()) || !l.weekdays.has(int(date.Weekday())) {
				continue
			}
			for _, at := range l.onDay(date, calendars) {
				if at.After(after) && !yield(at) {
					return
				}
			}
		}
	}
}

// onDay are the firings of a day, in order.
func (l Line) onDay(date time.Time, calendars []Calendar) []time.Time {
	var out []time.Time
	y, mo, d := date.Date()
	for _, c := range calendars {
		for _, hour := range c.Hour {
			for _, minute := range c.Minute {
				at := time.Date(y, mo, d, hour, minute, c.Second[0], 0, l.zone)
				for _, copied := range [...]time.Time{at.Add(-time.Hour), at, at.Add(time.Hour)} {
					if copied.Hour() == hour && copied.Minute() == minute && copied.Day() == d {
						out = append(out, copied)
					}
				}
			}
		}
	}
	slices.SortFunc(out, time.Time.Compare)
	return out
}

// Meets reports whether the line fires within a minute of a time.
func (l Line) Meets(at time.Time, shift time.Duration) bool {
	next := l.Next(at.Add(-time.Minute), shift)
	return !next.IsZero() && next.Before(at.Add(time.Minute))
}
