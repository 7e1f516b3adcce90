package connectors

import (
	"fmt"
	"slices"
	"strings"

	"github.com/koppel-io/koppel"
)

// CommonSettings are the settings that every connector spells the same way
// (objects.md, section 7), as far as the product acts on them.
func CommonSettings() []koppel.Setting {
	settings := []koppel.Setting{
		{Name: "all_orders", Type: koppel.SettingBool, Default: false, Title: "Take orders of every state, not only completed ones"},
		{Name: "history_from", Type: koppel.SettingDate, Optional: true, Title: "How far back orders are read"},
		{Name: buyOrdersSetting, Type: koppel.SettingEnum, Choices: []string{"off", "1-way"}, Default: "off", Title: "Send purchase orders to this system"},
	}
	for _, object := range koppel.Objects() {
		settings = append(settings, koppel.Setting{Name: SyncSetting(object), Type: koppel.SettingBool, Default: true, Title: "Sync " + string(object)})
		settings = append(settings, consolidation(object)...)
	}
	return settings
}

const buyOrdersSetting = "buy_orders"

// SyncSetting names the toggle of an object.
func SyncSetting(object koppel.Object) string { return "sync." + string(object) }

// AllSettings returns the connector's own settings and those common ones that
// it can act on.
func (c *Connector) AllSettings() []koppel.Setting {
	all := slices.Clone(c.Manifest.Settings)
	for _, common := range CommonSettings() {
		own := slices.ContainsFunc(all, func(s koppel.Setting) bool { return s.Name == common.Name })
		if own || !c.actsOn(common.Name) {
			continue
		}
		if common.Name == buyOrdersSetting {
			common.Default = "1-way"
		}
		all = append(all, common)
	}
	return all
}

// actsOn reports whether a common setting means anything to the connector:
// what it does not pull cannot be switched off, what it cannot push not on.
func (c *Connector) actsOn(setting string) bool {
	if setting == buyOrdersSetting {
		return c.Push[koppel.BuyOrders] != nil
	}
	for _, prefix := range []string{SyncSetting(""), roleSetting, keySetting, ignoreSetting} {
		if object, of := strings.CutPrefix(setting, prefix); of {
			return slices.Contains(c.Objects(), koppel.Object(object))
		}
	}
	return true
}

// Defaults returns given with the default of every setting that it lacks.
func (c *Connector) Defaults(given map[string]any) map[string]any {
	out := map[string]any{}
	for _, s := range c.AllSettings() {
		if s.Default != nil {
			out[s.Name] = s.Default
		}
	}
	for name, value := range given {
		out[name] = value
	}
	return out
}

// CheckSettings names every setting of given that is unknown or of the wrong type.
func (c *Connector) CheckSettings(given map[string]any) []error {
	return check("setting", c.AllSettings(), given)
}

// CheckCredentials names every credential field of given that is unknown,
// missing or of the wrong type. Values are never in the errors.
func (c *Connector) CheckCredentials(given map[string]any) []error {
	problems := check("credential", c.Credentials, given)
	for _, s := range c.Credentials {
		if given[s.Name] == nil && !s.Optional && s.Default == nil {
			problems = append(problems, fmt.Errorf("credential %s is missing: %s", s.Name, s.Title))
		}
	}
	return problems
}

func check(what string, known []koppel.Setting, given map[string]any) []error {
	var problems []error
	for name, value := range given {
		i := slices.IndexFunc(known, func(s koppel.Setting) bool { return s.Name == name })
		if i < 0 {
			problems = append(problems, fmt.Errorf("%s %s is not known", what, name))
			continue
		}
		if err := checkValue(known[i], value); err != nil {
			problems = append(problems, fmt.Errorf("%s %s: %w", what, name, err))
		}
	}
	slices.SortFunc(problems, func(a, b error) int {
		if a.Error() < b.Error() {
			return -1
		}
		return 1
	})
	return problems
}
