package connectors

import "github.com/koppel-io/koppel"

// Pushes says what is written to the coupling's remote when it changes here,
// under the settings with their defaults. Buy orders are placed, so they are
// not among it.
func (c *Connector) Pushes(settings map[string]any) []koppel.Object {
	pushes := []koppel.Object{}
	if on, _ := settings[stockSetting].(bool); on && c.Push[koppel.Stock].Can("set") {
		pushes = append(pushes, koppel.Stock)
	}
	return pushes
}
