package clock_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/clock"
)

func parse(t *testing.T, cron, zone string) clock.Line {
	t.Helper()
	l, err := clock.Parse(cron, zone)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func at(t *testing.T, text string) time.Time {
	t.Helper()
	v, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestUpcoming(t *testing.T) {
	t.Parallel()
	night := []koppel.QuietHours{{From: "22:00", To: "06:00", TimeZone: "Europe/Amsterdam"}}
	for _, c := range []struct {
		name, cron, zone, after string
		shift                   time.Duration
		quiet                   []koppel.QuietHours
		want                    []string
	}{
		{"every half hour", "*/30 * * * *", "UTC", "2026-01-01T10:00:00Z", 0, nil, []string{"2026-01-01T10:30:00Z", "2026-01-01T11:00:00Z", "2026-01-01T11:30:00Z"}},
		{"shifted into the next hour", "45 3 * * *", "UTC", "2026-01-01T04:00:00Z", 20*time.Minute + 7*time.Second, nil, []string{"2026-01-01T04:05:07Z", "2026-01-02T04:05:07Z", "2026-01-03T04:05:07Z"}},
		{"in the zone", "15 3 * * *", "Europe/Amsterdam", "2026-01-01T00:00:00Z", 0, nil, []string{"2026-01-01T03:15:00+01:00", "2026-01-02T03:15:00+01:00", "2026-01-03T03:15:00+01:00"}},
		{"the hour that summer time leaves out", "30 2 * * *", "Europe/Amsterdam", "2026-03-28T00:00:00Z", 0, nil, []string{"2026-03-28T02:30:00+01:00", "2026-03-30T02:30:00+02:00", "2026-03-31T02:30:00+02:00"}},
		{"the hour that comes twice", "30 2 * * *", "Europe/Amsterdam", "2026-10-24T10:00:00Z", 0, nil, []string{"2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00", "2026-10-26T02:30:00+01:00"}},
		{"both days", "0 9 13 * fri", "UTC", "2026-01-01T00:00:00Z", 0, nil, []string{"2026-02-13T09:00:00Z", "2026-03-13T09:00:00Z", "2026-11-13T09:00:00Z"}},
		{"quiet at night", "0 */4 * * *", "Europe/Amsterdam", "2026-01-01T19:30:00Z", 0, night, []string{"2026-01-02T08:00:00+01:00", "2026-01-02T12:00:00+01:00", "2026-01-02T16:00:00+01:00"}},
		{"a line that is always quiet", "0 3 * * *", "Europe/Amsterdam", "2026-01-01T00:00:00Z", 0, night, nil},
		{"by name", "@weekly", "UTC", "2026-01-01T00:00:00Z", 0, nil, []string{"2026-01-04T00:00:00Z", "2026-01-11T00:00:00Z", "2026-01-18T00:00:00Z"}},
		{"Sunday is 0 and 7", "0 0 * * 7", "UTC", "2026-01-01T00:00:00Z", 0, nil, []string{"2026-01-04T00:00:00Z", "2026-01-11T00:00:00Z", "2026-01-18T00:00:00Z"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, next := range parse(t, c.cron, c.zone).Upcoming(at(t, c.after), c.shift, c.quiet, 3) {
				got = append(got, next.Format(time.RFC3339))
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestParseSaysWhichFieldIsWrong(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ cron, zone, want string }{
		{"* * * *", "UTC", "has 4 fields"},
		{"60 * * * *", "UTC", `minute: "60" is not 0 to 59`},
		{"0 24 * * *", "UTC", `hour: "24"`},
		{"0 0 0 * *", "UTC", `day of month: "0"`},
		{"0 0 * 13 *", "UTC", `month: "13"`},
		{"0 0 * * 8", "UTC", `day of week: "8"`},
		{"0 9-8 * * *", "UTC", "ends before it begins"},
		{"*/0 * * * *", "UTC", `step "0"`},
		{"0 0 30 feb *", "UTC", "never fires"},
		{"@sometimes", "UTC", "is not known"},
		{"0 0 * * *", "Amsterdam", `time zone "Amsterdam"`},
		{"0 0 * * *", "Local", "time zone"},
		{strings.Repeat("1,", 200) + "1 * * * *", "UTC", "longer than"},
	} {
		if _, err := clock.Parse(c.cron, c.zone); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s in %s: %v, want %q", c.cron, c.zone, err, c.want)
		}
	}
}

func TestShift(t *testing.T) {
	t.Parallel()
	line, late := parse(t, "*/30 * * * *", "UTC"), parse(t, "59 23 * * *", "UTC")
	seen := map[time.Duration]bool{}
	for _, coupling := range strings.Fields("a b c d e f g h i j k l m n o p q r s t u v w x y z") {
		shift := line.Shift(coupling, 5*time.Minute)
		if shift != line.Shift(coupling, 5*time.Minute) || shift < 0 || shift >= 5*time.Minute {
			t.Errorf("the shift of %s is %s", coupling, shift)
		}
		if moved := late.Shift(coupling, time.Hour); moved >= time.Minute {
			t.Errorf("%s is moved over midnight by %s", coupling, moved)
		}
		seen[shift] = true
	}
	if len(seen) < 20 {
		t.Errorf("26 couplings fire at %d times", len(seen))
	}
	if line.Shift("a", 0) != 0 {
		t.Error("no jitter moves a line")
	}
}

func TestQuiet(t *testing.T) {
	t.Parallel()
	night := koppel.QuietHours{From: "22:00", To: "06:00", Days: []string{"fri"}, TimeZone: "Europe/Amsterdam"}
	for text, want := range map[string]bool{
		"2026-01-02T22:00:00+01:00": true, "2026-01-03T05:59:59+01:00": true, "2026-01-03T06:00:00+01:00": false,
		"2026-01-03T22:00:00+01:00": false, "2026-01-02T05:00:00+01:00": false,
	} {
		if clock.Quiet([]koppel.QuietHours{night}, at(t, text)) != want {
			t.Errorf("at %s quiet is not %v", text, want)
		}
	}
	for _, q := range []koppel.QuietHours{
		{From: "9:00", To: "10:00", TimeZone: "UTC"}, {From: "09:00", To: "09:00", TimeZone: "UTC"},
		{From: "09:00", To: "25:00", TimeZone: "UTC"}, {From: "09:00", To: "10:00", TimeZone: "Mars/Base"},
		{From: "09:00", To: "10:00", Days: []string{"friday"}, TimeZone: "UTC"},
	} {
		if clock.CheckQuiet(q) == nil {
			t.Errorf("%v passes", q)
		}
	}
	if err := clock.CheckQuiet(night); err != nil {
		t.Error(err)
	}
}
