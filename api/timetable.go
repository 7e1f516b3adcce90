package api

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/clock"
	"github.com/koppel-io/koppel/connectors"
	"github.com/koppel-io/koppel/store"
)

// timetable says when the runs of a coupling start by themselves.
type timetable struct {
	On            bool                `json:"on" doc:"Schedules fire: the coupling is active"`
	Lines         []timetableLine     `json:"lines" nullable:"false"`
	Quiet         []koppel.QuietHours `json:"quiet" nullable:"false" doc:"Hours in which no schedule starts a run"`
	JitterSeconds int64               `json:"jitter_seconds" doc:"Over how many seconds lines may be moved"`
	Next          []firing            `json:"next" nullable:"false" doc:"The next five firings of all lines"`
}

type timetableLine struct {
	schedule
	ShiftSeconds int64       `json:"shift_seconds" doc:"By how much this coupling's firings are moved, so that not all couplings start at once"`
	Next         []time.Time `json:"next" nullable:"false" doc:"The next five firings outside quiet hours"`
	Last         *lastFiring `json:"last,omitempty"`
}

type lastFiring struct {
	At      time.Time            `json:"at"`
	Outcome koppel.FiringOutcome `json:"outcome" enum:"started,skipped,quiet,covered" doc:"skipped: a run of the group was open still; covered: a full read was due at the same time"`
	Run     string               `json:"run,omitempty" doc:"The run that was started, or met"`
	Skips   int64                `json:"skips" doc:"Firings in a row that were skipped"`
}

type firing struct {
	At    time.Time   `json:"at"`
	Group string      `json:"group"`
	Mode  koppel.Mode `json:"mode" enum:"full,since"`
}

// nextShown is how many firings are shown.
const nextShown = 5

// linesMost and quietMost bound a timetable.
const (
	linesMost = 100
	quietMost = 20
)

func (s *server) getTimetable(ctx context.Context, who caller, in *ByID) (timetable, error) {
	return store.Read(ctx, s.Store, who.scope, func(tx *store.Tx) (timetable, error) {
		c, err := tx.Coupling(ctx, in.ID)
		if err != nil {
			return timetable{}, err
		}
		return showTimetable(ctx, tx, c)
	})
}

func showTimetable(ctx context.Context, tx *store.Tx, c store.Coupling) (timetable, error) {
	lines, err := tx.Schedules(ctx, c.UUID)
	if err != nil {
		return timetable{}, err
	}
	out := timetable{
		On: c.State == koppel.CouplingActive, Lines: []timetableLine{}, Quiet: c.Quiet, JitterSeconds: c.JitterSeconds, Next: []firing{},
	}
	if out.Quiet == nil {
		out.Quiet = []koppel.QuietHours{}
	}
	now := time.Now()
	for _, l := range lines {
		line := timetableLine{schedule: schedule{Group: l.StreamGroup, Mode: l.Mode, Cron: l.Cron, TimeZone: l.TimeZone}, Next: []time.Time{}}
		if l.FiredAt != nil && l.Outcome != nil {
			line.Last = &lastFiring{At: *l.FiredAt, Outcome: *l.Outcome, Run: text(l.FiredRun), Skips: l.Skips}
		}
		// One that does not parse fires never, which the empty list says.
		if parsed, err := clock.Parse(l.Cron, l.TimeZone); err == nil {
			shift := parsed.Shift(c.UUID, time.Duration(c.JitterSeconds)*time.Second)
			line.ShiftSeconds = int64(shift / time.Second)
			line.Next = append(line.Next, parsed.Upcoming(now, shift, c.Quiet, nextShown)...)
		}
		for _, at := range line.Next {
			out.Next = append(out.Next, firing{At: at, Group: l.StreamGroup, Mode: l.Mode})
		}
		out.Lines = append(out.Lines, line)
	}
	slices.SortStableFunc(out.Next, func(a, b firing) int { return a.At.Compare(b.At) })
	out.Next = out.Next[:min(len(out.Next), nextShown)]
	return out, nil
}

type newTimetable struct {
	ByID
	Body struct {
		Lines []struct {
			Group    string      `json:"group" minLength:"1" maxLength:"63" doc:"A stream group of the connector, or an object in it"`
			Mode     koppel.Mode `json:"mode" enum:"full,since"`
			Cron     string      `json:"cron" minLength:"1" maxLength:"200" doc:"minute, hour, day of month, month, day of week; all must match"`
			TimeZone string      `json:"time_zone,omitempty" maxLength:"64" doc:"The webshop's when absent"`
		} `json:"lines" nullable:"false" doc:"All lines; those that are not in it go"`
		Quiet         []koppel.QuietHours `json:"quiet,omitempty"`
		JitterSeconds *int64              `json:"jitter_seconds,omitempty" minimum:"0" maximum:"3600" doc:"300 when absent"`
	}
}

func (s *server) setTimetable(ctx context.Context, who caller, in *newTimetable) (timetable, error) {
	c, scope, err := s.findCoupling(ctx, who, in.ID)
	if err != nil {
		return timetable{}, err
	}
	connector, err := s.connectorOf(ctx, c)
	if err != nil {
		return timetable{}, err
	}
	out, err := store.With(ctx, s.Store, scope, func(tx *store.Tx) (timetable, error) {
		webshop, err := tx.Webshop(ctx, c.WebshopUUID)
		if err != nil {
			return timetable{}, err
		}
		wish, err := in.wish(connector, c, webshop.TimeZone)
		if err != nil {
			return timetable{}, err
		}
		before, err := showTimetable(ctx, tx, c)
		if err != nil {
			return timetable{}, err
		}
		if err := tx.SetTimetable(ctx, in.ID, wish); err != nil {
			return timetable{}, err
		}
		after, err := tx.Coupling(ctx, in.ID)
		if err != nil {
			return timetable{}, err
		}
		shown, err := showTimetable(ctx, tx, after)
		if err != nil {
			return timetable{}, err
		}
		return shown, audit(ctx, tx, who, "coupling.timetable", c.UUID, before.wish(), shown.wish())
	})
	if err == nil {
		s.sweep(ctx)
	}
	return out, err
}

// wish is what the audit log keeps of a timetable.
func (t timetable) wish() map[string]any {
	return map[string]any{
		"lines": each(t.Lines, func(l timetableLine) schedule { return l.schedule }), "quiet": t.Quiet, "jitter_seconds": t.JitterSeconds,
	}
}

// wish checks every line and every quiet hour, and names all that is wrong.
func (in *newTimetable) wish(connector *connectors.Connector, c store.Coupling, zone string) (store.Timetable, error) {
	b, bad := &in.Body, &fieldErrors{}
	wish := store.Timetable{Quiet: b.Quiet, JitterSeconds: int64(koppel.DefaultJitter / time.Second)}
	if b.JitterSeconds != nil {
		wish.JitterSeconds = *b.JitterSeconds
	}
	if len(b.Lines) > linesMost {
		bad.add("body.lines", fmt.Sprintf("at most %d lines", linesMost))
	}
	if len(b.Quiet) > quietMost {
		bad.add("body.quiet", fmt.Sprintf("at most %d quiet hours", quietMost))
	}
	if err := bad.err("set timetable"); err != nil {
		return wish, err
	}
	for i, q := range b.Quiet {
		if err := clock.CheckQuiet(q); err != nil {
			bad.add(fmt.Sprintf("body.quiet[%d]", i), err.Error())
		}
	}
	for i, given := range b.Lines {
		at := fmt.Sprintf("body.lines[%d]", i)
		group, ok := connector.Group(koppel.Object(given.Group))
		if !ok {
			bad.add(at+".group", "connector "+c.Connector+" does not read "+given.Group+"; it reads "+objectNames(connector))
			continue
		}
		line := store.NewSchedule{StreamGroup: string(group.Name), Mode: given.Mode, Cron: given.Cron, TimeZone: given.TimeZone}
		if line.TimeZone == "" {
			line.TimeZone = zone
		}
		parsed, err := clock.Parse(line.Cron, line.TimeZone)
		if err != nil {
			bad.add(at, err.Error())
			continue
		}
		shift := parsed.Shift(c.UUID, time.Duration(wish.JitterSeconds)*time.Second)
		if len(parsed.Upcoming(time.Now(), shift, b.Quiet, 1)) == 0 {
			bad.add(at, fmt.Sprintf("%q never fires within a year: all its times lie in quiet hours, or there is no such day", line.Cron))
			continue
		}
		if slices.Contains(wish.Lines, line) {
			bad.add(at, "is there twice")
		}
		wish.Lines = append(wish.Lines, line)
	}
	return wish, bad.err("set timetable")
}
