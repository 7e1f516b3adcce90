package connectors

import (
	"slices"

	"github.com/koppel-io/koppel"
)

const deletesSetting = "deletes."

// DeletesSetting names the setting by which an object is deleted when a
// complete read does not list it.
func DeletesSetting(object koppel.Object) string { return deletesSetting + string(object) }

// comparesFor reports whether a stream of the object shows deletions only by
// what a complete read does not list.
func (c *Connector) comparesFor(object koppel.Object) bool {
	return c.Mapping != nil && slices.ContainsFunc(c.Mapping.From(object), func(name string) bool {
		s := c.Stream(name)
		return s != nil && s.Deletes.Missing
	})
}
