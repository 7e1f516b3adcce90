package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
)

func (p *program) showRun(r client.Run) error {
	return p.show(r, func(t *table) {
		t.pair("id", r.ID)
		t.pair("coupling", r.Coupling)
		t.pair("webshop", r.Webshop)
		t.pair("connector", strings.TrimSpace(r.Connector+" "+short(r.ConnectorVersion)))
		t.pair("overrides", r.Overrides)
		t.pair("reads", fmt.Sprintf("%s %s (%s)", r.Mode, r.Group, r.Direction))
		if r.Window != nil {
			t.pair("window", stamp(r.Window.From)+" to "+stamp(r.Window.To))
		}
		if r.Keys != nil {
			t.pair("keys", slices.Concat(r.Keys.RemoteIDs, r.Keys.SKUs, r.Keys.EANs, r.Keys.Numbers))
		}
		t.pair("asked", joined(string(r.Trigger), r.AskedBy))
		t.pair("state", runState(r))
		t.pair("counts", counts(r.Counts))
		t.pair("expected", r.Expected)
		t.pair("queued", r.QueuedAt)
		t.pair("started", r.StartedAt)
		t.pair("finished", r.FinishedAt)
		t.pair("workflow", r.WorkflowID)
		if len(r.Streams) > 0 {
			t.gap()
			t.row("STREAM", "PAGES", "RECORDS", "TOTAL", "CHANGED", "UNCHANGED", "PARKED", "GONE", "LAST PAGE", "END")
			for _, s := range r.Streams {
				t.row(s.Stream, s.Counts.Pages, s.Counts.Records, s.Total, s.Counts.Changed, s.Counts.Unchanged, s.Counts.Parked, s.Counts.Gone, s.LastPageAt, s.EndRule)
			}
		}
		if len(r.Evidence) > 0 {
			t.gap()
			t.row("EVIDENCE OF", "END RULE", "WHOLE", "READ", "TOTAL", "IGNORED", "MISSING")
			for _, e := range r.Evidence {
				t.row(e.Stream, e.EndRule, yesNo(e.Complete), e.Read, total(e.Total), ignored(e.Ignored), e.Missing)
			}
			for _, e := range r.Evidence {
				if e.Odd != "" {
					t.gap()
					t.row("Look at " + e.Stream + ": " + e.Odd)
				}
			}
		}
		if r.Wait != nil && r.Wait.Advice != nil && !r.State.Ended() {
			t.gap()
			advise(t, *r.Wait.Advice)
		}
		if r.Error != nil {
			t.gap()
			advise(t, *r.Error)
		}
		if r.Counts.Parked > 0 && r.State.Ended() {
			t.gap()
			t.row("Parked records: koppel parked list --coupling " + r.Coupling)
		}
	})
}

// short is the beginning of a digest.
func short(digest string) string { return digest[:min(len(digest), 12)] }

// advise writes what went wrong, who must act and how.
func advise(t *table, a koppel.Advice) {
	t.pair("error", joined(a.Title, a.Detail))
	t.pair("kind", a.Kind)
	t.pair("who must act", a.Owner)
	t.pair("next", a.Next)
}

func adviceTitle(a *koppel.Advice) string {
	if a == nil {
		return ""
	}
	return a.Title
}

// runState is the state with what a waiting run waits for.
func runState(r client.Run) string {
	if r.Wait == nil || r.State.Ended() {
		return string(r.State)
	}
	reason := r.Wait.Reason
	if r.Wait.Until != nil {
		reason += " until " + r.Wait.Until.UTC().Format(time.TimeOnly) + "Z"
	}
	return fmt.Sprintf("%s (%s)", r.State, reason)
}

// counts is a run's counters in words, those that are zero left out.
func counts(c koppel.Counts) string {
	parts := []string{fmt.Sprintf("%d read", c.Records)}
	for _, part := range []struct {
		n    int64
		word string
	}{{c.Changed, "changed"}, {c.Unchanged, "unchanged"}, {c.Parked, "parked"}, {c.Gone, "gone"}, {c.Objects, "objects"}, {c.Pages, "pages"}} {
		if part.n != 0 {
			parts = append(parts, fmt.Sprintf("%d %s", part.n, part.word))
		}
	}
	return strings.Join(parts, ", ")
}

func total(n int64) string {
	if n < 0 {
		return "not told"
	}
	return fmt.Sprint(n)
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func ignored(by map[string]int64) string {
	var parts []string
	for _, rule := range slices.Sorted(maps.Keys(by)) {
		parts = append(parts, fmt.Sprintf("%s: %d", rule, by[rule]))
	}
	return strings.Join(parts, ", ")
}

// eventData is the data of a timeline entry on one line; a flat object reads name=value.
func eventData(e client.Event) string {
	var flat map[string]any
	decoder := json.NewDecoder(bytes.NewReader(e.Data))
	decoder.UseNumber()
	if decoder.Decode(&flat) != nil {
		return string(e.Data)
	}
	parts := make([]string, 0, len(flat))
	for _, name := range slices.Sorted(maps.Keys(flat)) {
		parts = append(parts, name+"="+value(flat[name]))
	}
	return strings.Join(parts, " ")
}
