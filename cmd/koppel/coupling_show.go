package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
)

func (p *program) showCoupling(c client.Coupling) error {
	return p.show(c, func(t *table) {
		t.pair("id", c.ID)
		t.pair("name", c.Name)
		t.pair("connector", c.Connector+" "+c.ConnectorVersion)
		t.pair("held back", c.Hold)
		t.pair("webshop", c.Webshop)
		t.pair("state", couplingState(c))
		if c.Shadow != nil {
			webhooks := "no webhooks"
			if c.Shadow.Webhooks {
				webhooks = "webhooks on"
			}
			t.pair("in shadow", "since "+stamp(c.Shadow.Since)+", "+webhooks+"; nothing is written to the remote. End it: koppel coupling cutover "+c.ID)
		}
		t.pair("health", joined(c.Health.State, c.Health.Detail))
		t.pair("remote version", c.RemoteVersion)
		t.pair("priority", c.Priority)
		t.pair("created", c.CreatedAt)
		t.pair("activated", c.ActivatedAt)
		if len(c.Steps) > 0 {
			t.gap()
			t.row("STEP", "STATE", "RUN", "DETAIL")
			for _, s := range c.Steps {
				t.row(s.Name, s.State, s.RunID, s.Detail)
			}
		}
		if c.Closing != nil {
			what := "DISABLING"
			if c.Closing.Removal {
				what = "REMOVAL"
			}
			t.gap()
			t.row(what, "STATE", "DETAIL")
			for _, s := range c.Closing.Steps {
				t.row(s.Name, s.State, s.Detail)
			}
		}
		if len(c.LastRuns) > 0 {
			t.gap()
			t.row("LAST RUN OF", "RUN", "MODE", "STATE", "FINISHED")
			for _, r := range c.LastRuns {
				t.row(r.Group, r.Run, r.Mode, r.State, r.FinishedAt)
			}
		}
		if len(c.Schedules) > 0 {
			t.gap()
			t.row("SCHEDULE OF", "MODE", "CRON", "ZONE")
			for _, s := range c.Schedules {
				t.row(s.Group, s.Mode, s.Cron, s.TimeZone)
			}
		}
		if len(c.Settings) > 0 {
			t.gap()
			t.row("SETTING", "VALUE")
			for _, name := range slices.Sorted(maps.Keys(c.Settings)) {
				t.row(name, value(c.Settings[name]))
			}
		}
	})
}

// couplingState is the state with who paused it and why.
func couplingState(c client.Coupling) string {
	if c.Closing != nil && c.Closing.Removal && c.Closing.Going {
		return string(c.State) + " (being removed)"
	}
	if c.Pause == nil && c.Shadow != nil {
		return string(c.State) + " (in shadow: writes nothing)"
	}
	if c.Pause == nil {
		return string(c.State)
	}
	return fmt.Sprintf("%s (%s)", c.State, joined(string(c.Pause.Owner), c.Pause.Reason))
}

// nextForCoupling says what a person does with a coupling in its state.
func nextForCoupling(c client.Coupling) string {
	switch c.State {
	case koppel.CouplingDraft, koppel.CouplingDisabled:
		return "koppel coupling activate " + c.ID
	case koppel.CouplingNeedsReauth:
		return "koppel coupling connect " + c.ID
	}
	return "koppel coupling show " + c.ID
}

func joined(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + ": " + b
}

// value is a JSON value as text; a string stands without quotes.
func value(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(text)
}
