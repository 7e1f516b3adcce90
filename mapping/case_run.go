package mapping

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/koppel-io/koppel"
)

// Test runs the test cases of an override, counted from 1 as FieldSource.Layer,
// and counts them. The error is as Compile's: each value that differs is a
// Problem at the place where it is expected.
func (m *Mapping) Test(layer int) (cases int, err error) {
	var problems Problems
	for i := range m.cases {
		if t := &m.cases[i]; t.at.layer == layer {
			cases++
			problems = append(problems, t.run(m)...)
		}
	}
	if len(problems) > 0 {
		return cases, problemsError("test "+problems[0].File, problems.tidy())
	}
	return cases, nil
}

func (t *testCase) run(m *Mapping) (problems Problems) {
	fail := func(at place, expected, format string, args ...any) {
		message := fmt.Sprintf(format, args...)
		if t.about != "" {
			message = "test “" + clip(t.about) + "”: " + message
		}
		problems = append(problems, Problem{File: t.at.file, Line: at.line, Column: at.column, Path: at.path, Message: message, Expected: expected})
	}
	evaluator := NewEvaluator(m, Env{Settings: t.settings, Version: t.version, Now: t.now})
	results, err := evaluator.MapList(t.program, t.input)
	if err != nil {
		fail(t.at, "", "the record cannot be mapped: %s", koppel.DetailOf(err))
		return problems
	}
	taken := slices.DeleteFunc(slices.Clone(results), func(r Result) bool { return r.Skip || t.remoteID != "" && r.RemoteID != t.remoteID })
	switch {
	case t.leftOut && len(taken) > 0:
		fail(t.at, "that it is left out", "the record gives %s %s", t.program.object, taken[0].RemoteID)
		return problems
	case t.leftOut:
		return problems
	case len(taken) == 0 && t.remoteID != "":
		fail(t.at, "", "the record gives no %s %s", t.program.object, t.remoteID)
		return problems
	case len(taken) == 0:
		fail(t.at, "left_out: true, where that is meant", "the record is left out")
		return problems
	case len(taken) > 1:
		fail(t.at, "expect: { remote_id: … } of the one that is meant", "the record gives %d %s", len(taken), t.program.object)
		return problems
	}
	for _, x := range t.expect {
		got := taken[0].Values[x.slot]
		if meets(x.field, x.want, got) {
			continue
		}
		shown, err := ShowValue(x.field, got)
		if err != nil {
			shown = json.RawMessage(err.Error())
		}
		expression := ""
		for _, f := range t.program.fields {
			if f.slot == x.slot && f.expr != nil {
				expression = f.expr.source
			}
		}
		fail(x.at, string(x.want), "%s is %s", x.field.Name, clip(string(shown)))
		problems[len(problems)-1].Expression = expression
	}
	return problems
}

// meets compares a value with what a test case expects: numbers by value,
// times by moment, absent as null, and of lines the fields that are named.
func meets(f koppel.Field, want json.RawMessage, got any) bool {
	if isNull(want) || got == nil || got == any(koppel.Null{}) {
		return isNull(want) && (got == nil || got == any(koppel.Null{}))
	}
	var text string
	isText := json.Unmarshal(want, &text) == nil
	switch v := got.(type) {
	case decimal.Decimal:
		if !isText {
			text = string(want)
		}
		d, err := decimal.NewFromString(text)
		return err == nil && d.Equal(v)
	case time.Time:
		for _, layout := range []string{time.RFC3339, time.DateOnly} {
			if moment, err := time.Parse(layout, text); err == nil {
				return moment.Equal(v)
			}
		}
		return false
	case []koppel.Values:
		return meetLines(f, want, v)
	}
	shown, err := ShowValue(f, got)
	return err == nil && bytes.Equal(canonical(want), canonical(shown))
}

func meetLines(f koppel.Field, want json.RawMessage, lines []koppel.Values) bool {
	var wanted []map[string]json.RawMessage
	if json.Unmarshal(want, &wanted) != nil || len(wanted) != len(lines) {
		return false
	}
	for i, line := range wanted {
		for name, value := range line {
			slot := slices.IndexFunc(f.Line, func(f koppel.Field) bool { return f.Name == name })
			if slot < 0 || !meets(f.Line[slot], value, lines[i][slot]) {
				return false
			}
		}
	}
	return true
}

func isNull(text json.RawMessage) bool { return string(text) == "null" }

// canonical is JSON with its names sorted and its numbers as they are written.
func canonical(text json.RawMessage) []byte {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value any
	if decoder.Decode(&value) != nil {
		return text
	}
	out, err := json.Marshal(value)
	if err != nil {
		return text
	}
	return out
}
