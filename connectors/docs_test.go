package connectors

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/koppel-io/koppel/mapping"
)

var yamlFences = regexp.MustCompile("(?ms)^```yaml\n(.*?)^```$")

// Every example of the mapping language compiles, against the connector that
// the page begins with.
func TestMappingExamplesCompile(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/mapping-language.md")
	if err != nil {
		t.Fatal(err)
	}
	var source Source
	examples, overrides := 0, 0
	var compiled []*Connector
	for _, found := range yamlFences.FindAllStringSubmatch(string(page), -1) {
		if strings.HasPrefix(found[1], "# connector.yaml\n") {
			source.Manifest = found[1]
			continue
		}
		if strings.HasPrefix(found[1], "# override.yaml\n") {
			overrides++
			checkOverride(t, compiled, found[1])
			continue
		}
		examples++
		source.Mapping = found[1]
		c, err := Compile(source)
		if err != nil {
			t.Errorf("an example does not compile: %v\n%s", err, found[1])
			continue
		}
		compiled = append(compiled, c)
	}
	if overrides < 2 {
		t.Errorf("%d overrides were checked: the test no longer sees them", overrides)
	}
	if examples < 6 {
		t.Errorf("%d examples were checked: the test no longer sees them", examples)
	}
	wrong := source
	wrong.Mapping = strings.Replace(source.Mapping, "rows[0].Order", "rows[0].Contact", 1)
	if _, err := Compile(wrong); err == nil {
		t.Error("an example that reads what is not there compiles")
	}
}

// checkOverride wants an example of an override to go with one of the examples before it, with its test cases passing.
func checkOverride(t *testing.T, examples []*Connector, source string) {
	t.Helper()
	var wrong error
	for _, c := range examples {
		cases, err := c.TestOverrides([]mapping.Layer{{File: "override.yaml", Source: []byte(source)}})
		if err == nil {
			if cases[0] == 0 {
				t.Errorf("an override has no test case:\n%s", source)
			}
			return
		}
		if wrong == nil || !strings.Contains(err.Error(), "the connector maps no") {
			wrong = err
		}
	}
	t.Errorf("an override goes with no example: %v\n%s", wrong, source)
}
