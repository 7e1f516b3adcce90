package mapping

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	yamlast "github.com/goccy/go-yaml/ast"

	"github.com/koppel-io/koppel"
)

// testCase is a record and what an override's author expects of it.
type testCase struct {
	at       place
	about    string
	program  *Program
	input    Input
	settings map[string]any
	version  string
	now      time.Time
	// remoteID picks one of several objects; "" takes the only one.
	remoteID string
	leftOut  bool
	expect   []expected
}

// expected is the value that one field must have.
type expected struct {
	at    place
	field koppel.Field
	slot  int
	want  json.RawMessage
}

// sourceCase is a test case, read but not yet bound to a program.
type sourceCase struct {
	testCase
	object, stream entry
	hasStream      bool
	joined         map[string]entryRows
	wanted         []entry
}

type entryRows struct {
	at   place
	rows Rows
}

// maxCases bounds the test cases of one override.
const maxCases = 200

var caseKeys = []string{"about", "object", "from", "record", "parent", "joined", "rows", "settings", "version", "now", "expect", "left_out"}

// sourceCases reads the tests of an override.
func (c *compilation) sourceCases(e entry) {
	list, ok := e.value.(*yamlast.SequenceNode)
	if !ok {
		c.fail(e.at, "a list of test cases", "this is %s", nodeName(e.value))
		return
	}
	if len(list.Values) > maxCases {
		c.fail(e.at, "", "%d test cases, more than %d", len(list.Values), maxCases)
		return
	}
	for i, n := range list.Values {
		path := fmt.Sprintf("tests[%d]", i)
		if entries, ok := c.entries(n, path); ok {
			c.sourceCase(c.here(placeOf(n, path)), entries)
		}
	}
}

func (c *compilation) sourceCase(at place, entries []entry) {
	s := &sourceCase{joined: map[string]entryRows{}}
	s.at = at
	for _, e := range entries {
		switch e.key {
		case "about":
			s.about, _, _ = c.text(e, "a sentence")
		case "object":
			s.object = e
		case "from":
			s.stream, s.hasStream = e, true
		case "record":
			s.input.Record, _ = c.json(e)
		case "parent":
			s.input.Parent, _ = c.json(e)
		case "rows":
			s.input.Rows = c.rowsOf(e)
		case "joined":
			joins, _ := c.entries(e.value, e.at.path)
			for _, j := range joins {
				s.joined[j.key] = entryRows{c.here(j.at), c.rowsOf(j)}
			}
		case "settings":
			s.settings = c.caseSettings(e)
		case "version":
			s.version, _, _ = c.text(e, "the remote's version")
		case "now":
			text, place, ok := c.text(e, "a time such as 2026-01-31T08:00:00Z")
			var err error
			if s.now, err = time.Parse(time.RFC3339, text); ok && err != nil {
				c.fail(place, "a time such as 2026-01-31T08:00:00Z", "%s is no time", clip(text))
			}
		case "expect":
			s.wanted, _ = c.entries(e.value, e.at.path)
		case "left_out":
			s.leftOut = c.yes(e)
		default:
			c.fail(e.at, "", "a test case has no key %s%s", e.key, suggest(e.key, caseKeys))
		}
	}
	switch {
	case !has(entries, "object"):
		c.fail(at, "object: products", "the test case names no object")
	case !has(entries, "record") && !has(entries, "rows"):
		c.fail(at, "record: …", "the test case has no record")
	case s.leftOut == has(entries, "expect"):
		c.fail(at, "expect: { field: value }, or left_out: true", "the test case expects nothing")
	default:
		for i := range s.wanted {
			s.wanted[i].at = c.here(s.wanted[i].at)
		}
		c.cases = append(c.cases, s)
	}
}

func (c *compilation) rowsOf(e entry) (rows Rows) {
	list, ok := c.json(e)
	var each []json.RawMessage
	if ok && json.Unmarshal(list, &each) != nil {
		c.fail(e.at, "a list of records", "%s is no list", e.key)
	}
	for _, row := range each {
		rows.List = append(rows.List, row)
	}
	return rows
}

func (c *compilation) caseSettings(e entry) map[string]any {
	entries, _ := c.entries(e.value, e.at.path)
	settings := map[string]any{}
	var names []string
	for name := range c.settings {
		names = append(names, name)
	}
	for _, s := range entries {
		if _, known := c.settings[s.key]; !known {
			c.fail(s.at, "", "unknown setting %s%s", s.key, suggest(s.key, names))
			continue
		}
		text, ok := c.appendJSON(nil, s.value, s.at.path)
		var value any
		if ok && json.Unmarshal(text, &value) == nil {
			settings[s.key] = value
		}
	}
	return settings
}

// testCase binds a test case to the program that it tests.
func (c *compilation) testCase(s *sourceCase) {
	c.file = s.at.file
	name, at, ok := c.text(s.object, "an object")
	if !ok {
		return
	}
	streams := c.streamsOf(koppel.Object(name))
	if len(streams) == 0 {
		c.fail(at, "", "the connector maps no %s", name)
		return
	}
	stream := streams[0]
	if s.hasStream {
		if stream, at, ok = c.text(s.stream, "a stream"); !ok {
			return
		}
	} else if len(streams) > 1 {
		c.fail(s.at, "from: one of "+strings.Join(streams, ", "), "%s are mapped from several streams, and the test case names none", name)
		return
	}
	if !slices.Contains(streams, stream) {
		c.fail(at, "one of: "+strings.Join(streams, ", "), "the connector maps no %s from %s%s", name, stream, suggest(stream, streams))
		return
	}
	i := slices.IndexFunc(c.m.byStream[stream], func(p *Program) bool { return p.object == koppel.Object(name) })
	if i < 0 {
		return // it did not compile, which is said already
	}
	s.program = c.m.byStream[stream][i]
	for _, j := range s.program.joins {
		s.input.Joined = append(s.input.Joined, s.joined[j.Name].rows)
		delete(s.joined, j.Name)
	}
	for join, rows := range s.joined {
		c.fail(rows.at, "", "%s from %s have no join %s", name, stream, join)
	}
	for _, e := range s.wanted {
		c.expect(s, e)
	}
	c.m.cases = append(c.m.cases, s.testCase)
}

func (c *compilation) expect(s *sourceCase, e entry) {
	if e.key == "remote_id" {
		s.remoteID, _, _ = c.text(e, "the object's id")
		return
	}
	slot, field, ok := s.program.object.Field(e.key)
	if !ok || field.Derived {
		c.fail(e.at, "", "%s have no field %s%s", s.program.object, e.key, suggest(e.key, mapped(s.program.object.Fields())))
		return
	}
	if want, ok := c.appendJSON(nil, e.value, e.at.path); ok {
		s.expect = append(s.expect, expected{at: e.at, field: field, slot: slot, want: want})
	}
}
