package koppel

import "slices"

// Role is what a coupling does with an object.
type Role string

// The roles.
const (
	// RolePrimary creates objects, and their existence follows it.
	RolePrimary Role = "primary"
	// RoleSecondary only finds objects and adds values to them.
	RoleSecondary Role = "secondary"
)

// ByRemoteID is the mapping key of a coupling that looks for nothing: an id it does not know is a new object.
const ByRemoteID = "remote_id"

// Rule is how a coupling takes part in the consolidation of one object.
type Rule struct {
	Role Role `json:"role" enum:"primary,secondary"`
	// Key is the field by which the coupling's records are found among the objects that are there: one of MappingKeys.
	Key string `json:"key"`
	// Ignore are the fields in which a person's own edit is stronger than the coupling.
	Ignore []string `json:"ignore,omitempty"`
}

// MappingKeys are the fields by which an object can be found, after ByRemoteID, which always is one of them. Buy orders
// are found by our reference and offers by their pair whatever the key.
func (o Object) MappingKeys() []string {
	return append([]string{ByRemoteID}, mappingKeys[o]...)
}

var mappingKeys = map[Object][]string{
	Suppliers:  {"name", "gln"},
	Products:   {"sku_code", "ean_code"},
	SellOrders: {"number"},
}

// FurtherKey is the mapping key of a coupling that is not the webshop's first and names no other.
func (o Object) FurtherKey() string {
	switch o {
	case Products:
		return "sku_code"
	case Suppliers:
		return "name"
	}
	return ByRemoteID
}

// FieldGroup is a set of fields of one object for which couplings have one order of strength.
type FieldGroup struct {
	Name   string
	Fields []string
}

// GroupDetails is the group of the fields that are in no other.
const GroupDetails = "details"

var fieldGroups = map[Object][]FieldGroup{
	Suppliers: {
		{"contact", []string{"name", "emails", "gln"}},
		{"terms", []string{"delivery_time", "replenishment_period", "fixed_costs", "minimum_order_value"}},
	},
	Products: {
		{"stock", []string{"unlimited_stock", "stock_level"}},
		{"price", []string{"price", "tax_rate"}},
		{"codes", []string{"sku_code", "article_code", "ean_code"}},
		{"bounds", []string{"minimum_stock", "maximum_stock", "not_being_bought"}},
	},
	SupplierProducts: {
		{"price", []string{"price", "currency"}},
		{"codes", []string{"sku_code", "article_code", "ean_code"}},
		{"terms", []string{"minimum_purchase_quantity", "lot_size", "delivery_time", "preferred"}},
		{"stock", []string{"availability", "availability_date", "free_stock"}},
	},
}

// Groups returns the field groups of o, details last.
func (o Object) Groups() []FieldGroup {
	groups := slices.Clone(fieldGroups[o])
	rest := FieldGroup{Name: GroupDetails}
	for _, f := range o.Fields() {
		if o.GroupOf(f.Name) == GroupDetails {
			rest.Fields = append(rest.Fields, f.Name)
		}
	}
	return append(groups, rest)
}

// GroupOf returns the name of the group that a field of o belongs to.
func (o Object) GroupOf(field string) string {
	for _, g := range fieldGroups[o] {
		if slices.Contains(g.Fields, field) {
			return g.Name
		}
	}
	return GroupDetails
}

// Decision is what a person decided about a record that could not be linked by itself.
type Decision string

// The decisions.
const (
	// DecideLink: it is the object that is named.
	DecideLink Decision = "link"
	// DecideCreate: it is an object of its own.
	DecideCreate Decision = "create"
	// DecideIgnore: it is no object.
	DecideIgnore Decision = "ignore"
)

// FieldRule is the rule by which a field got its value.
type FieldRule string

// The rules.
const (
	// RuleOnlyGiver: no other source gives the field.
	RuleOnlyGiver FieldRule = "only_giver"
	// RulePriority: a person ranked the coupling for the field's group.
	RulePriority FieldRule = "priority"
	// RuleFirstActivated: of several couplings, none ranked, the one that was activated first.
	RuleFirstActivated FieldRule = "first_activated"
	// RuleIgnoreFields: a person's edit, as the couplings that give the field ignore it.
	RuleIgnoreFields FieldRule = "ignore_fields"
	// RulePerson: a person's edit, as no coupling gives the field.
	RulePerson FieldRule = "person"
	// RuleCouplingGives: a coupling's value, though a person set another: no ignore_fields names the field.
	RuleCouplingGives FieldRule = "coupling_gives"
	// RuleState: it follows from what sources say of the object's existence, or a person disabled it.
	RuleState FieldRule = "state"
	// RuleDefault: nobody gives it; the model's default.
	RuleDefault FieldRule = "default"
	// RuleNobody: nobody gives it.
	RuleNobody FieldRule = "nobody"
)
