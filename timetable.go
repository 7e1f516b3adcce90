package koppel

import (
	"strings"
	"time"
)

// QuietHours are hours in which no schedule of a coupling starts a run.
type QuietHours struct {
	// From and To are wall-clock times, hh:mm. From belongs to the hours, To
	// does not; a To that is not after From is on the next day.
	From string `json:"from" doc:"hh:mm; belongs to the hours" maxLength:"5"`
	To   string `json:"to" doc:"hh:mm; when schedules go on, on the next day when it is not after from" maxLength:"5"`
	// Days on which the hours begin: sun, mon, …; every day when there is none.
	Days []string `json:"days,omitempty" doc:"sun, mon, …: days on which the hours begin; every day when absent" maxItems:"7"`
	// TimeZone is the zone of the times.
	TimeZone string `json:"time_zone" maxLength:"64"`
}

// String is the hours for people.
func (q QuietHours) String() string {
	text := q.From + "-" + q.To
	if len(q.Days) > 0 {
		text += " " + strings.Join(q.Days, ",")
	}
	return text + " " + q.TimeZone
}

// FiringOutcome is what became of the last firing of a schedule's line.
type FiringOutcome string

// The outcomes of a firing.
const (
	FiringStarted FiringOutcome = "started" // a run was opened
	FiringSkipped FiringOutcome = "skipped" // a run of the group was open still
	FiringQuiet   FiringOutcome = "quiet"   // it fell in quiet hours
	FiringCovered FiringOutcome = "covered" // a full read of the group was due at the same time
)

// DefaultJitter is over how much time the schedules of couplings are spread
// unless somebody says otherwise; MostJitter is the most that can be set.
const (
	DefaultJitter = 5 * time.Minute
	MostJitter    = time.Hour
)
