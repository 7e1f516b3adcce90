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
