package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/koppel-io/koppel/client"
)

// pace is how fast a run reads, over the last while.
type pace struct{ seen []reading }

type reading struct {
	at      time.Time
	records int64
}

// paceOver is how far back the rate looks.
const paceOver = 15 * time.Second

func (p *pace) note(r client.Run, now time.Time) {
	p.seen = append(p.seen, reading{now, r.Counts.Records})
	for len(p.seen) > 2 && now.Sub(p.seen[0].at) > paceOver {
		p.seen = p.seen[1:]
	}
}

// rate is records a second; 0 while it is not known.
func (p pace) rate() float64 {
	if len(p.seen) < 2 {
		return 0
	}
	from, to := p.seen[0], p.seen[len(p.seen)-1]
	took := to.at.Sub(from.at).Seconds()
	if took <= 0 || to.records <= from.records {
		return 0
	}
	return float64(to.records-from.records) / took
}

const barWidth = 24

// bar is a run on one line: how far of what is expected, rate, time left, or
// what it waits for.
func bar(r client.Run, p pace) string {
	var line strings.Builder
	fmt.Fprintf(&line, "%s %s ", r.Mode, r.Group)
	read := r.Counts.Records
	if r.Expected != nil && *r.Expected > 0 {
		part := min(float64(read)/float64(*r.Expected), 1)
		full := int(part * barWidth)
		fmt.Fprintf(&line, "[%s%s] %3.0f%% %d/%d", strings.Repeat("#", full), strings.Repeat("-", barWidth-full), part*100, read, *r.Expected)
	} else {
		fmt.Fprintf(&line, "%d read", read)
	}
	if r.Counts.Parked > 0 {
		fmt.Fprintf(&line, ", %d parked", r.Counts.Parked)
	}
	rate := p.rate()
	if rate > 0 && !r.State.Ended() {
		fmt.Fprintf(&line, ", %.0f/s", rate)
		if r.Expected != nil && *r.Expected > read {
			fmt.Fprintf(&line, ", %s left", left(float64(*r.Expected-read)/rate))
		}
	}
	return line.String() + ", " + runState(r)
}

func left(seconds float64) string {
	if seconds > 99*3600 {
		return "days"
	}
	return time.Duration(seconds * float64(time.Second)).Round(time.Second).String()
}

// jsonLine prints a value as one line of JSON.
func (p *program) jsonLine(value any) error {
	encoder := json.NewEncoder(p.out)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(value)
}
