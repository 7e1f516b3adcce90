package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/koppel-io/koppel"
)

// stepView is one step of an activation as it is shown.
type stepView struct {
	koppel.Step
	// Records read so far, and how many there are to read; -1 when the remote does not tell.
	Records, Expected int64
	// Waiting says what the step's run waits for, "" for nothing.
	Waiting string
}

// progress shows the steps of an activation: on a terminal as bars that are drawn anew in place, elsewhere as a line
// for each change of state and one every few seconds in between.
type progress struct {
	out      io.Writer
	inPlace  bool
	now      func() time.Time
	started  map[string]glance // when a step was first seen running
	drawn    int               // lines of the last drawing
	told     map[string]string // what was said of a step last, in lines
	lastTold time.Time
}

// glance is how a step stood when it was first seen running: an earlier start may have read much of it.
type glance struct {
	at      time.Time
	records int64
}

// quiet is how long lines without a change of state are apart.
const quiet = 5 * time.Second

func newProgress(out io.Writer, inPlace bool, now func() time.Time) *progress {
	return &progress{out: out, inPlace: inPlace, now: now, started: map[string]glance{}, told: map[string]string{}}
}

// show draws the steps as they are now.
func (p *progress) show(steps []stepView) {
	for _, s := range steps {
		if _, seen := p.started[s.Name]; !seen && s.State == koppel.StepRunning {
			p.started[s.Name] = glance{p.now(), s.Records}
		}
	}
	if p.inPlace {
		p.draw(steps)
		return
	}
	p.tell(steps)
}

// draw writes every step over the last drawing (ECMA-48: cursor up, erase to the end of the line).
func (p *progress) draw(steps []stepView) {
	var b strings.Builder
	if p.drawn > 0 {
		fmt.Fprintf(&b, "\x1b[%dA", p.drawn)
	}
	p.drawn = 0
	for _, s := range steps {
		if s.State == koppel.StepSkipped {
			continue
		}
		fmt.Fprintf(&b, "\r\x1b[K%s\n", p.bar(s))
		p.drawn++
	}
	fmt.Fprint(p.out, b.String())
}

const barWidth = 24

var signs = map[koppel.StepState]string{
	koppel.StepPending: "·", koppel.StepRunning: "▸", koppel.StepDone: "✓", koppel.StepFailed: "✗",
}

func (p *progress) bar(s stepView) string {
	line := fmt.Sprintf("  %s %-18s", signs[s.State], title(s.Name))
	if s.RunID != "" {
		filled := 0
		switch {
		case s.State == koppel.StepDone:
			filled = barWidth
		case s.Expected > 0:
			filled = int(min(s.Records, s.Expected) * barWidth / s.Expected)
		}
		line += strings.Repeat("█", filled) + strings.Repeat("░", barWidth-filled) + "  " + count(s) + p.rate(s)
	}
	return line + remark(s)
}

// tell writes a line for what changed.
func (p *progress) tell(steps []stepView) {
	due := p.now().Sub(p.lastTold) >= quiet
	for _, s := range steps {
		if s.State == koppel.StepPending || s.State == koppel.StepSkipped {
			continue
		}
		state := string(s.State) + s.Waiting + s.Detail
		if p.told[s.Name] == state && (!due || s.State != koppel.StepRunning) {
			continue
		}
		p.told[s.Name] = state
		p.lastTold = p.now()
		line := title(s.Name) + ": " + string(s.State)
		if s.RunID != "" {
			line += ", " + count(s) + p.rate(s)
		}
		fmt.Fprintln(p.out, line+remark(s))
	}
}

// rate is records a second since the step was first seen running.
func (p *progress) rate(s stepView) string {
	began, ok := p.started[s.Name]
	span, read := p.now().Sub(began.at).Seconds(), s.Records-began.records
	if !ok || s.State != koppel.StepRunning || span < 1 || read <= 0 {
		return ""
	}
	return fmt.Sprintf("  %.0f/s", float64(read)/span)
}

func count(s stepView) string {
	if s.Expected >= 0 {
		return fmt.Sprintf("%d of %d", s.Records, max(s.Expected, s.Records))
	}
	return fmt.Sprintf("%d", s.Records)
}

func remark(s stepView) string {
	switch {
	case s.Waiting != "":
		return "  waiting: " + s.Waiting
	case s.State == koppel.StepFailed && s.Detail != "":
		return "  " + s.Detail
	}
	return ""
}

func title(name string) string { return strings.ReplaceAll(name, "_", " ") }

// isTerminal reports whether w is a terminal: a character device that is not the null device.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return false
	}
	null, err := os.Stat(os.DevNull)
	return err != nil || !os.SameFile(info, null)
}
