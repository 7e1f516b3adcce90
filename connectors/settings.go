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
		{Name: buyOrdersSetting, Type: koppel.SettingEnum, Choices: []string{"off", OneWay, TwoWay}, Default: "off", Title: "Purchase orders", Doc: "1-way sends them; 2-way also reads them back, with what was delivered"},
		{Name: suppliersSetting, Type: koppel.SettingStrings, Default: []string{}, Title: "Suppliers whose purchase orders go here", Doc: "Names or ids; where several couplings could receive an order, the one that lists its supplier does"},
		{Name: stockSetting, Type: koppel.SettingBool, Default: false, Title: "Send stock", Doc: "The stock that another coupling or a person gives is written here whenever it changes; this coupling's own stock then only counts where nobody else gives it"},
		{Name: deliveredSetting, Type: koppel.SettingBool, Default: false, Support: true, Title: "Deliveries raise the stock", Doc: "For a system that keeps the stock and has no purchase orders: what comes in on an order that stays here is added to the stock there"},
		{Name: shipmentsSetting, Type: koppel.SettingBool, Default: false, Title: "Send shipments", Doc: "Carrier and tracking code of what was sent go to the system that the order came from"},
		{Name: UnitsSetting, Type: koppel.SettingBool, Default: false, Title: "Lot sizes are purchase units", Doc: "Quantities are sent in whole purchase units of the supplier product's lot size"},
	}
	for _, object := range koppel.Objects() {
		settings = append(settings, koppel.Setting{Name: SyncSetting(object), Type: koppel.SettingBool, Default: true, Title: "Sync " + string(object)})
		settings = append(settings, koppel.Setting{Name: DeletesSetting(object), Type: koppel.SettingBool, Default: true, Title: "Delete " + string(object) + " that a complete read does not list"})
		settings = append(settings, consolidation(object)...)
	}
	for _, object := range []koppel.Object{koppel.SellOrders, koppel.BuyOrders} {
		settings = append(settings, koppel.Setting{
			Name: koppel.LinesSetting(object), Type: koppel.SettingBool, Default: true, Title: "Sync the lines of " + string(object), Doc: "Off: an order has its header, the remote's total and no lines",
		})
	}
	return append(settings, koppel.Setting{
		Name: unitFactors, Type: koppel.SettingStrings, Default: []string{}, Title: "Unit factors",
		Doc: "unit code=stock units it holds, such as gal=3785; a record in a unit that is not listed is parked. Empty: units are not converted",
	})
}

const (
	buyOrdersSetting = "buy_orders"
	suppliersSetting = "buy_orders.suppliers"
	unitFactors      = "unit_factors"
	stockSetting     = "push.stock"
	shipmentsSetting = "push.shipments"
	deliveredSetting = "push.stock_on_delivery"
	// UnitsSetting says that lot sizes are purchase units.
	UnitsSetting = "push.purchase_units"
	// OneWay is the direction of purchase orders that are sent only.
	OneWay = "1-way"
	// TwoWay is the direction of purchase orders that are sent and read back.
	TwoWay = "2-way"
)

// Direction is where purchase orders go under the settings: off, 1-way or 2-way.
func (c *Connector) Direction(settings map[string]any) string {
	direction, _ := c.Defaults(settings)[buyOrdersSetting].(string)
	if direction == "" {
		return "off"
	}
	return direction
}

// Receives reports whether the settings name the supplier, by its id or name,
// as one whose purchase orders go to the coupling.
func (c *Connector) Receives(settings map[string]any, supplier ...string) bool {
	var named []string
	switch list := settings[suppliersSetting].(type) {
	case []string:
		named = list
	case []any:
		for _, one := range list {
			named = append(named, fmt.Sprint(one))
		}
	}
	return slices.ContainsFunc(named, func(one string) bool {
		return slices.ContainsFunc(supplier, func(s string) bool { return s != "" && strings.EqualFold(strings.TrimSpace(one), s) })
	})
}

// Pulls reports whether the settings let an object be read, and else why not.
// Purchase orders are read back beside 2-way only, deliveries only with them.
func (c *Connector) Pulls(object koppel.Object, settings map[string]any) (bool, string) {
	if on, set := settings[SyncSetting(object)].(bool); set && !on {
		return false, "switched off by " + SyncSetting(object)
	}
	if (object == koppel.BuyOrders || object == koppel.ItemDeliveries) && c.actsOn(buyOrdersSetting) {
		if direction := c.Direction(settings); direction != TwoWay {
			return false, buyOrdersSetting + " is " + direction + ": they are read beside " + TwoWay + " only"
		}
	}
	return true, ""
}

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
			common.Default = OneWay
			if c.readsBack() {
				common.Default = TwoWay
			}
		}
		all = append(all, common)
	}
	return all
}

// readsBack reports whether the connector reads purchase orders.
func (c *Connector) readsBack() bool { return slices.Contains(c.Objects(), koppel.BuyOrders) }

// actsOn reports whether a common setting means anything to the connector:
// what it does not pull cannot be switched off, what it cannot push not on.
func (c *Connector) actsOn(setting string) bool {
	switch setting {
	case buyOrdersSetting, suppliersSetting, UnitsSetting:
		return c.Push[koppel.BuyOrders] != nil
	case stockSetting, deliveredSetting:
		return c.Push[koppel.Stock] != nil
	case shipmentsSetting:
		return c.Push[koppel.Shipments] != nil
	case unitFactors:
		return strings.Contains(c.Source.Mapping, "settings."+unitFactors)
	case koppel.LinesSetting(koppel.SellOrders):
		return slices.Contains(c.Objects(), koppel.SellOrders)
	case koppel.LinesSetting(koppel.BuyOrders):
		return slices.Contains(c.Objects(), koppel.BuyOrders)
	}
	if object, of := strings.CutPrefix(setting, deletesSetting); of {
		return c.comparesFor(koppel.Object(object))
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

// CheckSettings names every setting of given that is unknown or of the wrong type,
// and every one that asks for what cannot be.
func (c *Connector) CheckSettings(given map[string]any) []error {
	problems := check("setting", c.AllSettings(), given)
	if given[buyOrdersSetting] == TwoWay && c.actsOn(buyOrdersSetting) && !c.readsBack() {
		problems = append(problems, fmt.Errorf("setting %s cannot be %s: connector %s does not read purchase orders; use %s", buyOrdersSetting, TwoWay, c.Connector, OneWay))
	}
	if on, _ := given[SyncSetting(koppel.ItemDeliveries)].(bool); on && c.actsOn(buyOrdersSetting) && c.Direction(given) != TwoWay {
		problems = append(problems, fmt.Errorf("setting %s cannot be true: deliveries are read only beside %s %s", SyncSetting(koppel.ItemDeliveries), buyOrdersSetting, TwoWay))
	}
	if on, _ := given[deliveredSetting].(bool); on && c.actsOn(deliveredSetting) {
		if c.Push[koppel.BuyOrders] != nil && c.Direction(given) == TwoWay {
			problems = append(problems, fmt.Errorf("setting %s cannot be true beside %s %s: there the remote books what comes in, and the stock would count it twice", deliveredSetting, buyOrdersSetting, TwoWay))
		}
		if whole, _ := given[stockSetting].(bool); whole {
			problems = append(problems, fmt.Errorf("setting %s cannot be true beside %s: the stock that is written whole would be raised as well", deliveredSetting, stockSetting))
		}
	}
	return problems
}

// CheckCredentials names every credential field of given that is unknown,
// missing or of the wrong type. Values are never in the errors.
func (c *Connector) CheckCredentials(given map[string]any) []error {
	return checkWhole("credential", c.Credentials, given)
}

// CheckApp does the same for the fields of our own app.
func (c *Connector) CheckApp(given map[string]any) []error {
	return checkWhole("app field", c.App, given)
}

func checkWhole(what string, fields []koppel.Setting, given map[string]any) []error {
	problems := check(what, fields, given)
	for _, s := range fields {
		if given[s.Name] == nil && !s.Optional && s.Default == nil {
			problems = append(problems, fmt.Errorf("%s %s is missing: %s", what, s.Name, s.Title))
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
		if err := CheckValue(known[i], value); err != nil {
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
