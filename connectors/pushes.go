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
	if on, _ := settings[deliveredSetting].(bool); on && c.Push[koppel.Stock].Can("raise") {
		pushes = append(pushes, koppel.StockOnDelivery)
	}
	if on, _ := settings[shipmentsSetting].(bool); on && c.Push[koppel.Shipments].Can("create") {
		pushes = append(pushes, koppel.Shipments)
	}
	// Deliveries go both ways where purchase orders do.
	if c.Push[koppel.ItemDeliveries].Can("create") && c.Direction(settings) == TwoWay {
		pushes = append(pushes, koppel.ItemDeliveries)
	}
	return pushes
}
