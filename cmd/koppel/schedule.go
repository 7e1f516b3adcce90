package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
)

func (p *program) scheduleCommand() *cobra.Command {
	return noun("schedule", "See and set when runs start by themselves", p.scheduleShow(), p.scheduleSet(), p.scheduleNext())
}

func (p *program) scheduleShow() *cobra.Command {
	return p.scheduleVerb("show COUPLING", "Show a coupling's cron lines, quiet hours and jitter, and what the last firings did", "  koppel schedule show 8f2c1a", p.showTimetable)
}

func (p *program) scheduleNext() *cobra.Command {
	return p.scheduleVerb("next COUPLING", "Show the next five times at which runs start", "  koppel schedule next 8f2c1a", func(t client.Timetable) error {
		return p.show(t.Next, func(w *table) {
			w.row("AT", "OBJECT", "MODE")
			for _, f := range t.Next {
				w.row(f.At, f.Group, f.Mode)
			}
		})
	})
}

func (p *program) scheduleVerb(use, short, example string, show func(client.Timetable) error) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Args: cobra.ExactArgs(1), Example: example,
		RunE: action(func(ctx context.Context, args []string) error {
			c, id, err := p.apiAndCoupling(ctx, args[0])
			if err != nil {
				return err
			}
			t, err := c.Timetable(ctx, id)
			if err != nil {
				return err
			}
			p.noteOff(t, id)
			return show(t)
		}),
	}
}

// noteOff says that nothing fires while the coupling is not active.
func (p *program) noteOff(t client.Timetable, id string) {
	if !t.On {
		p.note("The coupling is not active: nothing starts until it is. Look: koppel coupling show %s", id)
	}
}

func (p *program) showTimetable(t client.Timetable) error {
	return p.show(t, func(w *table) {
		w.pair("jitter", time.Duration(t.JitterSeconds)*time.Second)
		for _, q := range t.Quiet {
			w.pair("quiet", q.String())
		}
		w.gap()
		w.row("OBJECT", "MODE", "CRON", "ZONE", "MOVED BY", "NEXT", "LAST", "DID")
		for _, l := range t.Lines {
			var next, last, did any
			if len(l.Next) > 0 {
				next = l.Next[0]
			}
			if l.Last != nil {
				last, did = l.Last.At, firingText(*l.Last)
			}
			w.row(l.Group, l.Mode, l.Cron, l.TimeZone, time.Duration(l.ShiftSeconds)*time.Second, next, last, did)
		}
	})
}

// firingText says what a firing did.
func firingText(f client.LastFiring) string {
	switch f.Outcome {
	case koppel.FiringStarted:
		return "started " + tail(f.Run)
	case koppel.FiringSkipped:
		text := "skipped: run " + tail(f.Run) + " was open"
		if f.Skips > 1 {
			text += fmt.Sprintf(" (%d times in a row)", f.Skips)
		}
		return text
	case koppel.FiringQuiet:
		return "nothing: quiet hours"
	case koppel.FiringCovered:
		return "nothing: a full read was due too"
	}
	return string(f.Outcome)
}

// scheduleFlags are what is to change of a timetable.
type scheduleFlags struct {
	since, full, quiet []string
	zone               string
	jitter             time.Duration
	clear, noQuiet     bool
}

func (p *program) scheduleSet() *cobra.Command {
	var f scheduleFlags
	cmd := &cobra.Command{
		Use: "set COUPLING [OBJECT…]", Short: "Set cron lines, quiet hours and jitter", Args: cobra.MinimumNArgs(1),
		Long: `Set when runs of a coupling start by themselves. --since and --full replace the lines of the given objects, or of
every object that has lines; what is not named stays.

A cron line is minute, hour, day of month, month and day of week, and all five must match; @hourly, @daily,
@weekly and @monthly stand for the usual ones. Times are those of --zone, or else of the webshop's own zone.
An hour that summer time leaves out does not fire; one that comes twice in autumn fires twice.

--quiet is from-to, with days before it where it is not every day; a run that is going on is not stopped.
--jitter moves the firings of each coupling by a fixed time of its own, so that not all start at once.`,
		Example: "  koppel schedule set 8f2c1a products --since '*/10 * * * *' --full '15 3 * * *'\n" +
			"  koppel schedule set 8f2c1a --since '0 8-18 * * mon-fri' --zone Europe/Amsterdam\n" +
			"  koppel schedule set 8f2c1a --quiet 22:00-06:00 --quiet sat,sun@00:00-12:00 --jitter 10m\n" +
			"  koppel schedule set 8f2c1a suppliers --clear",
		RunE: action(func(ctx context.Context, args []string) error {
			c, id, err := p.apiAndCoupling(ctx, args[0])
			if err != nil {
				return err
			}
			before, err := c.Timetable(ctx, id)
			if err != nil {
				return err
			}
			wish, err := f.wish(before, args[1:])
			if err != nil {
				return err
			}
			after, err := c.SetTimetable(ctx, id, wish)
			if err != nil {
				return err
			}
			p.noteOff(after, id)
			return p.showTimetable(after)
		}),
	}
	flags := cmd.Flags()
	flags.StringArrayVar(&f.since, "since", nil, "cron line that reads what changed; may be repeated")
	flags.StringArrayVar(&f.full, "full", nil, "cron line that reads everything; may be repeated")
	flags.StringVar(&f.zone, "zone", "", "time zone of the lines and quiet hours, such as Europe/Amsterdam; the webshop's when left out")
	flags.StringArrayVar(&f.quiet, "quiet", nil, "hours without runs, such as 22:00-06:00 or sat,sun@00:00-12:00; replaces those that are set")
	flags.BoolVar(&f.noQuiet, "no-quiet", false, "take the quiet hours away")
	flags.DurationVar(&f.jitter, "jitter", -1, "over how much time firings are spread, 0 to 1h")
	flags.BoolVar(&f.clear, "clear", false, "take the lines of the objects away")
	return cmd
}

// wish is the timetable with the changes in it.
func (f scheduleFlags) wish(before client.Timetable, objects []string) (client.NewTimetable, error) {
	wish := client.NewTimetable{Lines: []client.Schedule{}, Quiet: before.Quiet, JitterSeconds: &before.JitterSeconds}
	replaces := f.clear || len(f.since)+len(f.full) > 0
	switch {
	case f.clear && len(f.since)+len(f.full) > 0:
		return wish, usagef("--clear takes lines away; leave --since and --full out")
	case !replaces && len(f.quiet) == 0 && !f.noQuiet && f.jitter < 0:
		return wish, usagef("say what to set: --since, --full, --quiet, --no-quiet, --jitter or --clear")
	case !replaces && len(objects) > 0:
		return wish, usagef("objects go with --since, --full and --clear; quiet hours and jitter are the coupling's")
	case f.noQuiet && len(f.quiet) > 0:
		return wish, usagef("give --quiet or --no-quiet")
	}
	if len(objects) == 0 {
		for _, l := range before.Lines {
			objects = append(objects, l.Group)
		}
	}
	named := map[string]bool{}
	for _, object := range objects {
		named[object] = true
	}
	for _, l := range before.Lines {
		if !replaces || !named[l.Group] {
			wish.Lines = append(wish.Lines, l.Schedule)
		}
	}
	for _, object := range objects {
		if !named[object] {
			continue // its lines are in already
		}
		named[object] = false
		for _, cron := range f.since {
			wish.Lines = append(wish.Lines, client.Schedule{Group: object, Mode: koppel.ModeSince, Cron: cron, TimeZone: f.zone})
		}
		for _, cron := range f.full {
			wish.Lines = append(wish.Lines, client.Schedule{Group: object, Mode: koppel.ModeFull, Cron: cron, TimeZone: f.zone})
		}
	}
	if f.jitter >= 0 {
		seconds := int64(f.jitter / time.Second)
		wish.JitterSeconds = &seconds
	}
	return wish, f.setQuiet(&wish, before)
}

func (f scheduleFlags) setQuiet(wish *client.NewTimetable, before client.Timetable) error {
	if f.noQuiet || len(f.quiet) > 0 {
		wish.Quiet = nil
	}
	zone := f.zone
	if zone == "" && len(before.Lines) > 0 {
		zone = before.Lines[0].TimeZone
	}
	for _, given := range f.quiet {
		var q koppel.QuietHours
		days, hours, on := strings.Cut(given, "@")
		if !on {
			hours = given
		} else {
			q.Days = strings.Split(strings.ToLower(days), ",")
		}
		var both bool
		if q.From, q.To, both = strings.Cut(hours, "-"); !both {
			return usagef("--quiet %s: give from-to such as 22:00-06:00", given)
		}
		if zone == "" {
			return usagef("--quiet needs --zone, as the coupling has no lines yet")
		}
		q.TimeZone = zone
		wish.Quiet = append(wish.Quiet, q)
	}
	return nil
}
