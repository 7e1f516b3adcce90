package koppel

// OverrideLevel says for what a mapping override counts.
type OverrideLevel string

// The levels, the stronger one last.
const (
	// OverrideWebshop counts for all couplings of a webshop to one connector.
	OverrideWebshop OverrideLevel = "webshop"
	// OverrideCoupling counts for one coupling, over the webshop's.
	OverrideCoupling OverrideLevel = "coupling"
)

// OverrideLevels are all levels, the stronger one last.
func OverrideLevels() []OverrideLevel { return []OverrideLevel{OverrideWebshop, OverrideCoupling} }

// ForeseenChange says what a mapping would do to what a coupling gives of one object.
type ForeseenChange string

// What a preview foresees.
const (
	ForeseenSame    ForeseenChange = "same"
	ForeseenMade    ForeseenChange = "made"
	ForeseenChanged ForeseenChange = "changed"
	// ForeseenGone: the mapping leaves it out.
	ForeseenGone ForeseenChange = "gone"
	// ForeseenParked: it cannot be mapped.
	ForeseenParked ForeseenChange = "parked"
)
