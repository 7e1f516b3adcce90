package koppel

// Shape is what a stream's records are known to look like: the type of each
// member that mappings may read. A member that is not in the shape cannot be
// mapped, so a typing slip is found before anything runs.
type Shape struct {
	// Type is what the value must be.
	Type ShapeType
	// Nullable values may also be null or missing.
	Nullable bool
	// Members of an object.
	Members map[string]*Shape
	// Dropped are members of an object that are there in the remote and kept
	// out of what is stored.
	Dropped []string
	// Elem is the shape of a list's elements.
	Elem *Shape
}

// ShapeType is the JSON type of a value, with integers apart from other numbers.
type ShapeType string

// The shape types.
const (
	ShapeString ShapeType = "string"
	ShapeInt    ShapeType = "int"    // a whole number of any size
	ShapeNumber ShapeType = "number" // any number; kept as its text until cast
	ShapeBool   ShapeType = "bool"
	ShapeObject ShapeType = "object"
	ShapeList   ShapeType = "list"
	ShapeAny    ShapeType = "any"
)

// SettingType is the type of a connector setting or credential field.
type SettingType string

// The setting types.
const (
	SettingString  SettingType = "string"
	SettingURL     SettingType = "url"
	SettingInt     SettingType = "int"
	SettingBool    SettingType = "boolean"
	SettingEnum    SettingType = "enum"
	SettingDate    SettingType = "date"
	SettingStrings SettingType = "strings"
)

// Setting describes one setting of a coupling or one field of a credential.
type Setting struct {
	Name     string      `json:"name"`
	Type     SettingType `json:"type"`
	Title    string      `json:"title,omitempty"`
	Doc      string      `json:"doc,omitempty"`
	Default  any         `json:"default,omitempty"`
	Choices  []string    `json:"choices,omitempty"`
	Secret   bool        `json:"secret,omitempty"`
	Optional bool        `json:"optional,omitempty"`
	Min      int64       `json:"min,omitempty"`
	Max      int64       `json:"max,omitempty"`
	// Support: only support may change it.
	Support bool `json:"support,omitempty"`
}
