package clock

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/koppel-io/koppel"
)

// CheckQuiet says what is wrong with quiet hours.
func CheckQuiet(q koppel.QuietHours) error {
	for _, side := range []string{q.From, q.To} {
		if _, err := minuteOf(side); err != nil {
			return err
		}
	}
	if q.From == q.To {
		return fmt.Errorf("quiet hours from %s to %s never end; pause the coupling instead", q.From, q.To)
	}
	for _, day := range q.Days {
		if !slices.Contains(fields[4].words, day) {
			return fmt.Errorf("day %q is not known; use %s", day, strings.Join(fields[4].words, ", "))
		}
	}
	_, err := loadZone(q.TimeZone)
	return err
}

func minuteOf(text string) (int, error) {
	at, err := time.Parse("15:04", text)
	if err != nil || len(text) != 5 {
		return 0, fmt.Errorf("%q is no time of the day; use hh:mm such as 22:00", text)
	}
	return at.Hour()*60 + at.Minute(), nil
}

// Quiet reports whether a time lies in one of the quiet hours; hours that
// CheckQuiet refuses hold nothing.
func Quiet(hours []koppel.QuietHours, at time.Time) bool {
	return slices.ContainsFunc(hours, func(q koppel.QuietHours) bool { return holds(q, at) })
}

func holds(q koppel.QuietHours, at time.Time) bool {
	zone, err := loadZone(q.TimeZone)
	from, fromErr := minuteOf(q.From)
	to, toErr := minuteOf(q.To)
	if err != nil || fromErr != nil || toErr != nil {
		return false
	}
	local := at.In(zone)
	now, today := local.Hour()*60+local.Minute(), int(local.Weekday())
	on := func(weekday int) bool {
		return len(q.Days) == 0 || slices.Contains(q.Days, fields[4].words[weekday])
	}
	if from < to {
		return now >= from && now < to && on(today)
	}
	return now >= from && on(today) || now < to && on((today+6)%7)
}
