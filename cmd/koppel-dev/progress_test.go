package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/koppel-io/koppel"
)

func steps(products koppel.StepState, records int64) []stepView {
	return []stepView{
		{Step: koppel.Step{Name: "credentials", State: koppel.StepDone}, Expected: -1},
		{Step: koppel.Step{Name: "products", State: products, RunID: "r"}, Records: records, Expected: 2000},
		{Step: koppel.Step{Name: "buy_orders", State: koppel.StepSkipped}, Expected: -1},
		{Step: koppel.Step{Name: "schedules", State: koppel.StepPending}, Expected: -1},
	}
}

func TestLinesTellWhatChangedAndNotMore(t *testing.T) {
	t.Parallel()
	now := time.Unix(0, 0)
	var out strings.Builder
	p := newProgress(&out, false, func() time.Time { return now })
	p.show(steps(koppel.StepRunning, 0))
	now = now.Add(2 * time.Second)
	p.show(steps(koppel.StepRunning, 800)) // too soon for a line
	now = now.Add(8 * time.Second)
	p.show(steps(koppel.StepRunning, 1500))
	p.show(steps(koppel.StepDone, 2000))
	want := "credentials: done\n" +
		"products: running, 0 of 2000\n" +
		"products: running, 1500 of 2000  150/s\n" +
		"products: done, 2000 of 2000\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}

func TestBarsAreDrawnInPlace(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	p := newProgress(&out, true, func() time.Time { return time.Unix(0, 0) })
	p.show(steps(koppel.StepRunning, 1000))
	first := out.String()
	if want := strings.Repeat("█", barWidth/2) + strings.Repeat("░", barWidth/2) + "  1000 of 2000"; !strings.Contains(first, want) {
		t.Errorf("no half bar in %q", first)
	}
	if strings.Contains(first, "buy orders") || strings.Count(first, "\n") != 3 {
		t.Errorf("want three lines without the skipped step: %q", first)
	}
	out.Reset()
	p.show(steps(koppel.StepDone, 2000))
	if again := out.String(); !strings.HasPrefix(again, "\x1b[3A") || !strings.Contains(again, strings.Repeat("█", barWidth)+"  2000 of 2000") {
		t.Errorf("the second drawing does not go over the first: %q", again)
	}
}

func TestAFailedOrWaitingStepSaysWhy(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	p := newProgress(&out, false, time.Now)
	view := steps(koppel.StepRunning, 10)
	view[1].Waiting = "rate limit"
	p.show(view)
	view[1].Waiting, view[1].State, view[1].Detail = "", koppel.StepFailed, "auth: the key is refused"
	p.show(view)
	for _, want := range []string{"waiting: rate limit", "failed, 10 of 2000  auth: the key is refused"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in %q", want, out.String())
		}
	}
}
