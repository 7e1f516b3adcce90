package client

import (
	"context"
	"net/http"
	"time"

	"github.com/koppel-io/koppel"
)

// Timetable says when the runs of a coupling start by themselves.
type Timetable struct {
	// On: schedules fire, as the coupling is active.
	On            bool                `json:"on"`
	Lines         []TimetableLine     `json:"lines"`
	Quiet         []koppel.QuietHours `json:"quiet"`
	JitterSeconds int64               `json:"jitter_seconds"`
	// Next are the next five firings of all lines.
	Next []Firing `json:"next"`
}

// TimetableLine is one cron line with its next five firings and its last.
type TimetableLine struct {
	Schedule
	ShiftSeconds int64       `json:"shift_seconds"`
	Next         []time.Time `json:"next"`
	Last         *LastFiring `json:"last,omitempty"`
}

// LastFiring is what became of a line's last firing.
type LastFiring struct {
	At      time.Time            `json:"at"`
	Outcome koppel.FiringOutcome `json:"outcome"`
	// Run is the run that was started or met.
	Run string `json:"run,omitempty"`
	// Skips counts the firings in a row that were skipped.
	Skips int64 `json:"skips"`
}

// Firing is one time at which a line fires.
type Firing struct {
	At    time.Time   `json:"at"`
	Group string      `json:"group"`
	Mode  koppel.Mode `json:"mode"`
}

// NewTimetable is a whole timetable as it is to be.
type NewTimetable struct {
	Lines []Schedule          `json:"lines"`
	Quiet []koppel.QuietHours `json:"quiet,omitempty"`
	// JitterSeconds is 300 when nil.
	JitterSeconds *int64 `json:"jitter_seconds,omitempty"`
}

// Timetable reads a coupling's timetable: GET /couplings/{id}/timetable.
func (c *Client) Timetable(ctx context.Context, coupling string) (Timetable, error) {
	return get[Timetable](ctx, c, at("couplings", coupling, "timetable"), nil)
}

// SetTimetable replaces a coupling's timetable: PUT /couplings/{id}/timetable.
func (c *Client) SetTimetable(ctx context.Context, coupling string, t NewTimetable) (Timetable, error) {
	return send[Timetable](ctx, c, http.MethodPut, at("couplings", coupling, "timetable"), t)
}
