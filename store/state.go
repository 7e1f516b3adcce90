package store

import (
	"slices"

	"github.com/koppel-io/koppel"
)

// carried reports whether a source that the object's existence follows is there: a primary one, or any where it never
// had a primary one. Secondary sources and a person's edits add values and carry nothing beside primary ones.
func (tg *target) carried(object koppel.Object) bool {
	primary := slices.ContainsFunc(tg.sources, func(s *source) bool { return s.primary(object) })
	return slices.ContainsFunc(tg.sources, func(s *source) bool { return !s.gone && (!primary || s.primary(object)) })
}

// settle applies the effect of what the sources say of the object's existence, and says why it holds: products and
// supplier products are disabled, suppliers ignored, orders soft-deleted (by the row). What a person disabled stays so,
// whatever the remotes say.
func (tg *target) settle(object koppel.Object) {
	field, off := stateField(object)
	tg.reason = ""
	switch {
	case field >= 0 && slices.ContainsFunc(tg.sources, func(s *source) bool { return s.coupling == 0 && !s.gone && s.values[field] == off }):
		tg.reason = koppel.StatePerson
	case tg.gone && tg.leftOut():
		tg.reason = koppel.StateRemote
	case tg.gone:
		tg.reason = koppel.StateGone
	case field >= 0 && tg.values[field] == off:
		tg.reason = koppel.StateRemote
	}
	if field >= 0 && tg.reason != "" {
		tg.values[field] = off
	}
}

// stateField is the field by which an object stops counting, with its value then; -1 where the row says so.
func stateField(object koppel.Object) (field int, off any) {
	switch object {
	case koppel.Products:
		return productStatus, "disabled"
	case koppel.SupplierProducts:
		return offerStatus, "disabled"
	case koppel.Suppliers:
		return supplierIgnored, true
	}
	return -1, nil
}

// leftOut: the remotes still have the object and say that it does not count.
func (tg *target) leftOut() bool {
	return slices.ContainsFunc(tg.sources, func(s *source) bool { return s.gone && s.why == koppel.GoneLeftOut })
}
