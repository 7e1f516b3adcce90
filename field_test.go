package koppel_test

import (
	"regexp"
	"slices"
	"testing"

	"github.com/koppel-io/koppel"
)

var fieldName = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)

// TestFieldsAreWhole checks what mappings, columns and the API's schema take
// for granted about every field of every object.
func TestFieldsAreWhole(t *testing.T) {
	t.Parallel()
	for at, object := range koppel.Objects() {
		if len(object.Fields()) == 0 {
			t.Errorf("%s has no fields", object)
		}
		checkFields(t, string(object), koppel.Objects()[:at], object.Fields())
		for i, field := range object.Fields() {
			index, found, ok := object.Field(field.Name)
			if !ok || index != i || found.Name != field.Name {
				t.Errorf("%s.Field(%q) = %d, %q, %v; want %d", object, field.Name, index, found.Name, ok, i)
			}
		}
	}
}

func checkFields(t *testing.T, where string, before []koppel.Object, fields []koppel.Field) {
	t.Helper()
	seen := map[string]bool{}
	for _, f := range fields {
		name := where + "." + f.Name
		fault := func(broken bool, text string) {
			if broken {
				t.Errorf("%s %s", name, text)
			}
		}
		fault(!fieldName.MatchString(f.Name), "is not in snake_case")
		fault(seen[f.Name], "stands there twice")
		seen[f.Name] = true
		fault(f.Doc == "", "has no sentence for people")
		limited := f.Type == koppel.Text || f.Type == koppel.Texts || f.Type == koppel.Ref
		fault(limited != (f.Limit > 0), "must have a Limit exactly when it is text, texts or ref")
		fault((f.Type == koppel.Decimal) != (f.Scale > 0), "must have a Scale exactly when it is a decimal")
		fault(f.RoundUp && f.Type != koppel.Int, "is RoundUp and no int")
		fault(f.Derived && (f.Required || f.Default != nil), "is derived and asks to be given")
		fault(len(f.Choices) > 0 && f.Type != koppel.Text, "has Choices and is no text")
		fault(f.NotNegative && f.Type != koppel.Decimal, "is NotNegative and no decimal")
		fault((f.Min != 0 || f.Max != 0) && (f.Type != koppel.Int || f.Min > f.Max), "has bounds that do not fit")
		fault((f.Type == koppel.Ref) != (f.Ref != ""), "must name an object exactly when it is a ref")
		fault(f.Ref != "" && !slices.Contains(before, f.Ref), "refers to an object that is synced later")
		fault((f.Type == koppel.Lines) != (len(f.Line) > 0), "must have line fields exactly when it is lines")
		fault(!defaultFits(f), "has a Default of another type")
		checkFields(t, name, before, f.Line)
	}
}

func defaultFits(f koppel.Field) bool {
	switch f.Default.(type) {
	case nil:
		return true
	case string:
		return f.Type == koppel.Text
	case int64:
		return f.Type == koppel.Int
	case bool:
		return f.Type == koppel.Bool
	}
	return false
}
