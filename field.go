package koppel

// FieldType is the type of a field of an object. The comment says which Go
// type a Values slot of it holds.
type FieldType string

// The field types.
const (
	Text    FieldType = "text"    // string
	Int     FieldType = "int"     // int64
	Bool    FieldType = "bool"    // bool
	Decimal FieldType = "decimal" // decimal.Decimal
	Time    FieldType = "time"    // time.Time in UTC
	Date    FieldType = "date"    // time.Time, midnight UTC of that day
	Texts   FieldType = "texts"   // []string
	Ref     FieldType = "ref"     // string: the key by which the coupling names another object
	JSON    FieldType = "json"    // json.RawMessage of a documented shape
	Lines   FieldType = "lines"   // []Values, by Field.Line
)

// Field describes one field of an object: the one place from which mappings
// are type-checked, columns are tested and the API's schema is made.
type Field struct {
	Name string
	Type FieldType
	// Required: a record whose mapping cannot give it is parked.
	Required bool
	// Limit is the longest text in characters; 0 for other types.
	Limit int
	// Min and Max bound an Int; a value outside is absent plus a note. Both zero: unbounded.
	Min, Max int64
	// RoundUp makes a fraction of an Int the next whole number, plus a note; without it a fraction is an error.
	RoundUp bool
	// NotNegative refuses a Decimal below zero: absent plus a note.
	NotNegative bool
	// Scale is how many decimals a Decimal keeps: 6 for unit prices, 4 for totals.
	Scale int32
	// Choices are the only texts a Text may be; empty for any.
	Choices []string
	// Default is used for a new object when no source gives the field; nil for none.
	Default any
	// Derived: read from other objects; no mapping gives it and no column holds it.
	Derived bool
	// Ref is the object that a Ref points to.
	Ref Object
	// Line are the fields of one line, for Lines.
	Line []Field
	// Doc is one sentence for people and for the OpenAPI document.
	Doc string
}
