package web

import (
	"fmt"
	"regexp"
	"strconv"
)

var (
	everyMinutes = regexp.MustCompile(`^\*/(\d+) \* \* \* \*$`)
	everyHour    = regexp.MustCompile(`^(\d+) \* \* \* \*$`)
	everyHours   = regexp.MustCompile(`^(\d+) \*/(\d+) \* \* \*$`)
	everyDay     = regexp.MustCompile(`^(\d+) (\d+) \* \* (\*|[0-7])$`)
)

var weekdays = []string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}

// clockWords says the usual cron lines in words; "" for others, which speak for themselves.
func clockWords(cron string) string {
	n := func(text string) int {
		n, _ := strconv.Atoi(text) // the patterns take digits only
		return n
	}
	if m := everyMinutes.FindStringSubmatch(cron); m != nil {
		return "every " + plural(int64(n(m[1])), "minute")
	}
	if m := everyHour.FindStringSubmatch(cron); m != nil {
		return fmt.Sprintf("every hour, %02d minutes past", n(m[1]))
	}
	if m := everyHours.FindStringSubmatch(cron); m != nil {
		return fmt.Sprintf("every %d hours, %02d minutes past", n(m[2]), n(m[1]))
	}
	if m := everyDay.FindStringSubmatch(cron); m != nil {
		day := "day"
		if m[3] != "*" {
			day = weekdays[n(m[3])]
		}
		return fmt.Sprintf("every %s at %02d:%02d", day, n(m[2]), n(m[1]))
	}
	return ""
}
