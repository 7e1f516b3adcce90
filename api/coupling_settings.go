package api

import (
	"context"
	"encoding/json"
	"slices"
	"sort"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/connectors"
	"github.com/koppel-io/koppel/store"
)

type settingsPatch struct {
	ByID
	Body struct {
		Settings map[string]any `json:"settings" doc:"Merged into the settings; null removes one, so that its default counts"`
	}
}

func (s *server) setSettings(ctx context.Context, who caller, in *settingsPatch) (coupling, error) {
	const op = "set settings"
	c, scope, err := s.findCoupling(ctx, who, in.ID)
	if err != nil {
		return coupling{}, err
	}
	connector, err := s.connectorOf(ctx, c)
	if err != nil {
		return coupling{}, err
	}
	bad := &fieldErrors{}
	checkSettings(bad, who, connector, in.Body.Settings)
	if err := bad.err(op); err != nil {
		return coupling{}, err
	}
	var again []koppel.Object
	out, err := store.With(ctx, s.Store, scope, func(tx *store.Tx) (coupling, error) {
		c, err := tx.Coupling(ctx, in.ID)
		if err != nil {
			return coupling{}, err
		}
		merged, err := mergeSettings(c.Settings, in.Body.Settings)
		if err != nil {
			return coupling{}, koppel.Wrap(op, err)
		}
		after, err := tx.SetSettings(ctx, in.ID, c.SettingsVersion, merged)
		if err != nil {
			return coupling{}, err
		}
		if err := audit(ctx, tx, who, "coupling.settings", c.UUID, c.Settings, after.Settings); err != nil {
			return coupling{}, err
		}
		if again, err = setRules(ctx, tx, connector, after); err != nil {
			return coupling{}, err
		}
		return showCoupling(ctx, tx, after, &versionNames{})
	})
	for _, object := range again {
		if err == nil {
			_, err = s.mergeAgain(ctx, who, scope, []store.Coupling{c}, object)
		}
	}
	return out, err
}

// setRules keeps what the settings say of the consolidation and of pushes, and names the objects that have to be merged
// again for it.
func setRules(ctx context.Context, tx *store.Tx, connector *connectors.Connector, c store.Coupling) ([]koppel.Object, error) {
	settings, err := settingsOf(c, connector)
	if err != nil || len(c.Rules) == 0 {
		return nil, err // nothing was read yet; the first run keeps them
	}
	rules := connector.Rules(settings, c.Priority <= 1)
	var again []koppel.Object
	for _, object := range koppel.Objects() {
		before, after := c.Rules[object], rules[object]
		if before.Role != after.Role || !slices.Equal(before.Ignore, after.Ignore) {
			again = append(again, object)
		}
	}
	if _, err = tx.SetRules(ctx, c.UUID, rules); err != nil {
		return nil, err
	}
	pushes := connector.Pushes(settings)
	if _, err := tx.SetPushes(ctx, c.UUID, pushes); err != nil {
		return nil, err
	}
	// Who takes stock no longer gives it, and the other way round.
	if slices.Contains(c.Pushes, koppel.Stock) != slices.Contains(pushes, koppel.Stock) && !slices.Contains(again, koppel.Products) {
		again = append(again, koppel.Products)
	}
	return again, nil
}

func mergeSettings(stored json.RawMessage, patch map[string]any) (json.RawMessage, error) {
	merged := map[string]any{}
	if err := json.Unmarshal(stored, &merged); err != nil {
		return nil, err
	}
	for name, value := range patch {
		if value == nil {
			delete(merged, name)
		} else {
			merged[name] = value
		}
	}
	return json.Marshal(merged)
}

// checkSettings names every setting that is unknown, of the wrong type, or not
// the caller's to change.
func checkSettings(bad *fieldErrors, who caller, connector *connectors.Connector, given map[string]any) {
	known := connector.AllSettings()
	for _, name := range fieldNames(given) {
		at := "body.settings." + name
		i := slices.IndexFunc(known, func(f koppel.Setting) bool { return f.Name == name })
		if i >= 0 && known[i].Support && who.bound() != 0 {
			bad.add(at, "only support may change this setting")
			continue
		}
		if given[name] == nil {
			continue
		}
		for _, err := range connector.CheckSettings(map[string]any{name: given[name]}) {
			bad.add(at, err.Error())
		}
	}
}

// settingsOf are a coupling's settings with the connector's defaults.
func settingsOf(c store.Coupling, connector *connectors.Connector) (map[string]any, error) {
	given := map[string]any{}
	if err := json.Unmarshal(c.Settings, &given); err != nil {
		return nil, koppel.Wrap("read settings of coupling "+c.UUID, err)
	}
	return connector.Defaults(given), nil
}

// fieldNames are the names in order.
func fieldNames(fields map[string]any) []string {
	names := make([]string, 0, len(fields))
	for name := range fields {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}
