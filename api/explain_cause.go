package api

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

// explainCause says what was different in a run that changed fields of an object.
type explainCause struct {
	Run       string         `json:"run" format:"uuid"`
	Group     string         `json:"group"`
	Mode      koppel.Mode    `json:"mode"`
	Trigger   koppel.Trigger `json:"trigger"`
	AskedBy   string         `json:"asked_by,omitempty"`
	StartedAt *time.Time     `json:"started_at,omitempty"`
	// Version and VersionBefore are names of connector versions.
	Version       string                   `json:"connector_version,omitempty"`
	VersionBefore string                   `json:"connector_version_before,omitempty" doc:"When the run before used another one"`
	Settings      map[string]settingChange `json:"settings,omitempty" doc:"Settings that the run before had otherwise"`
	Changed       map[string]int64         `json:"changed" doc:"By field: how many objects of the kind changed it in this run"`
	Why           string                   `json:"why" doc:"The difference in words"`
}

type settingChange struct {
	Before json.RawMessage `json:"before,omitempty" doc:"Absent for the default"`
	After  json.RawMessage `json:"after,omitempty"`
}

// causesMost is how many runs are compared with the one before.
const causesMost = 3

// causes compares the newest runs that changed fields of an object with the
// runs before them.
func (s *server) causes(ctx context.Context, scope store.Scope, e store.Explanation) ([]explainCause, error) {
	fields := map[string][]string{}
	at := map[string]time.Time{}
	for _, f := range e.Fields {
		if f.RunUUID != nil && f.ChangedAt != nil {
			fields[*f.RunUUID] = append(fields[*f.RunUUID], f.Field)
			at[*f.RunUUID] = *f.ChangedAt
		}
	}
	runs := slices.SortedFunc(maps.Keys(at), func(a, b string) int { return at[b].Compare(at[a]) })
	if len(runs) > causesMost {
		runs = runs[:causesMost]
	}
	return store.Read(ctx, s.Store, scope, func(tx *store.Tx) ([]explainCause, error) {
		out := []explainCause{}
		for _, run := range runs {
			cause, err := tx.RunCause(ctx, run)
			if err != nil {
				return nil, err
			}
			shown, err := s.showCause(ctx, cause)
			if err != nil {
				return nil, err
			}
			for _, field := range fields[run] {
				if shown.Changed[field], err = tx.ChangedInRun(ctx, cause.Run, e.Object.Object, field); err != nil {
					return nil, err
				}
			}
			out = append(out, shown)
		}
		return out, nil
	})
}

func (s *server) showCause(ctx context.Context, c store.RunCause) (explainCause, error) {
	r := c.Run
	out := explainCause{
		Run: r.UUID, Group: r.StreamGroup, Mode: r.Mode, Trigger: r.Trigger, AskedBy: r.AskedBy, StartedAt: r.StartedAt,
		Settings: map[string]settingChange{}, Changed: map[string]int64{},
	}
	var err error
	if out.Version, err = s.versionOf(ctx, r); err != nil {
		return out, err
	}
	if c.Before == nil {
		out.Why = "it was the first run of " + r.StreamGroup
		return out, nil
	}
	before, err := s.versionOf(ctx, *c.Before)
	if err != nil {
		return out, err
	}
	var why []string
	if text(r.ConnectorDigest) != text(c.Before.ConnectorDigest) {
		out.VersionBefore = before
		why = append(why, fmt.Sprintf("the connector was %s, and %s in the run before", out.Version, before))
	}
	for name, change := range c.Settings {
		out.Settings[name] = settingChange{Before: change.Before, After: change.After}
	}
	for _, name := range slices.Sorted(maps.Keys(c.Settings)) {
		by := ""
		if c.SetBy != "" {
			by = fmt.Sprintf(" (set by %s at %s)", c.SetBy, stamp(*c.SetAt))
		}
		why = append(why, fmt.Sprintf("the setting %s was %s, and %s in the run before%s", name, orDefault(c.Settings[name].After), orDefault(c.Settings[name].Before), by))
	}
	if len(why) == 0 {
		why = []string{"connector and settings were as in the run before: the remote's own data changed"}
	}
	out.Why = strings.Join(why, "; ")
	return out, nil
}

func orDefault(value json.RawMessage) string {
	if value == nil {
		return "at its default"
	}
	return string(value)
}

// versionOf is the name of the connector version that a run pinned; "" before it started.
func (s *server) versionOf(ctx context.Context, r store.Run) (string, error) {
	if r.ConnectorVersionID == nil {
		return "", nil
	}
	c, err := s.Connectors.Version(ctx, *r.ConnectorVersionID)
	if err != nil {
		return "", err
	}
	return c.Version, nil
}
