package connectors

import (
	"github.com/koppel-io/koppel"
)

// The settings of how an object is consolidated start with these; the object follows.
const (
	roleSetting   = "role."
	keySetting    = "mapping_key."
	ignoreSetting = "ignore_fields."
)

// consolidation are the settings of how the coupling's records of an object meet what others made of the same thing.
func consolidation(object koppel.Object) []koppel.Setting {
	settings := []koppel.Setting{{
		Name: roleSetting + string(object), Type: koppel.SettingEnum, Default: string(koppel.RolePrimary),
		Choices: []string{string(koppel.RolePrimary), string(koppel.RoleSecondary)},
		Title:   "Create " + string(object) + " (primary), or only find them (secondary)",
	}}
	if keys := object.MappingKeys(); len(keys) > 1 {
		settings = append(settings, koppel.Setting{
			Name: keySetting + string(object), Type: koppel.SettingEnum, Choices: keys, Optional: true,
			Title: "Find " + string(object) + " by; the webshop's first coupling by remote_id, a further one by " + object.FurtherKey(),
		})
	}
	var fields []string
	for _, f := range object.Fields() {
		if f.Type != koppel.Lines && f.Type != koppel.Ref {
			fields = append(fields, f.Name)
		}
	}
	return append(settings, koppel.Setting{
		Name: ignoreSetting + string(object), Type: koppel.SettingStrings, Choices: fields, Optional: true,
		Title: "Fields of " + string(object) + " in which a person's own edit wins",
	})
}

// Rules says how the coupling's objects are consolidated: what settings, with
// their defaults, say of each object that the connector reads. first is true
// for the coupling of a webshop that was activated first.
func (c *Connector) Rules(settings map[string]any, first bool) map[koppel.Object]koppel.Rule {
	rules := map[koppel.Object]koppel.Rule{}
	for _, object := range c.Objects() {
		rule := koppel.Rule{Role: koppel.RolePrimary, Key: koppel.ByRemoteID}
		if role, ok := settings[roleSetting+string(object)].(string); ok {
			rule.Role = koppel.Role(role)
		}
		if !first || rule.Role == koppel.RoleSecondary {
			rule.Key = object.FurtherKey()
		}
		if key, ok := settings[keySetting+string(object)].(string); ok {
			rule.Key = key
		}
		ignored, _ := settings[ignoreSetting+string(object)].([]any)
		for _, field := range ignored {
			if name, ok := field.(string); ok {
				rule.Ignore = append(rule.Ignore, name)
			}
		}
		rules[object] = rule
	}
	return rules
}
