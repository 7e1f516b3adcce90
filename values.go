package koppel

// Values holds what one source gives for one object: a slot per field, in the
// order of Object.Fields (or Field.Line). A nil slot is absent, which leaves
// the stored value alone; Null clears it; anything else has the Go type that
// its FieldType names.
type Values []any

// Null is the explicit null of a Values slot.
type Null struct{}

// Note says what was done to a value that could not be taken as it came: cut
// at the limit, out of range, an unusable address.
type Note struct {
	Field string `json:"field"`
	Text  string `json:"text"`
}

// Merge lays other over v in place: slots that other leaves absent keep v's
// value. Both must have the same length.
func (v Values) Merge(other Values) {
	for i, value := range other {
		if value != nil {
			v[i] = value
		}
	}
}
