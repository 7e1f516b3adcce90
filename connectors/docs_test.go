package connectors

import (
	"os"
	"regexp"
	"strings"
	"testing"
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
	examples := 0
	for _, found := range yamlFences.FindAllStringSubmatch(string(page), -1) {
		if strings.HasPrefix(found[1], "# connector.yaml\n") {
			source.Manifest = found[1]
			continue
		}
		examples++
		source.Mapping = found[1]
		if _, err := Compile(source); err != nil {
			t.Errorf("an example does not compile: %v\n%s", err, found[1])
		}
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
