package rest

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestSchemaKnowsEveryKeyOfTheConnectors walks the connectors in the tree
// through the schema: each mapping key must be one that the schema allows.
func TestSchemaKnowsEveryKeyOfTheConnectors(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := WriteSchema(&out); err != nil {
		t.Fatal(err)
	}
	var root map[string]any
	if err := json.Unmarshal(out.Bytes(), &root); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("../*/connector.yaml")
	if err != nil || len(files) < 2 {
		t.Fatal(files, err)
	}
	w := schemaWalk{t: t, defs: root["$defs"].(map[string]any)}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		n, problems := readYAML(file, source)
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		if !w.allows(root, n) {
			t.Errorf("%s does not fit the schema; first at %s", file, w.first)
		}
		w.first = ""
		broken := strings.Replace(string(source), "\n    key: ", "\n    kye: ", 1)
		n, _ = readYAML(file, []byte(broken))
		if w.allows(root, n) || !strings.HasSuffix(w.first, ".kye") {
			t.Errorf("the schema takes a wrong key; refused at %q", w.first)
		}
		w.first = ""
	}
}

// schemaWalk checks keys, enums and required members of what WriteSchema uses.
type schemaWalk struct {
	t     *testing.T
	defs  map[string]any
	first string
}

func (w *schemaWalk) allows(s map[string]any, n *node) bool {
	if ref, ok := s["$ref"].(string); ok {
		return w.allows(w.defs[strings.TrimPrefix(ref, "#/$defs/")].(map[string]any), n)
	}
	if forms, ok := s["anyOf"].([]any); ok {
		return slices.ContainsFunc(forms, func(one any) bool { return w.allows(one.(map[string]any), n) })
	}
	if enum, ok := s["enum"].([]any); ok && n.kind != listNode {
		return slices.Contains(enum, any(n.text))
	}
	switch n.kind {
	case listNode:
		items, ok := s["items"].(map[string]any)
		if s["type"] == nil {
			return true
		}
		return ok && !slices.ContainsFunc(n.items, func(item *node) bool { return !w.allows(items, item) })
	case mapNode:
		return w.members(s, n)
	}
	return s["type"] != "object" && s["type"] != "array"
}

func (w *schemaWalk) members(s map[string]any, n *node) bool {
	if s["type"] != nil && s["type"] != "object" {
		return false
	}
	properties, _ := s["properties"].(map[string]any)
	for _, m := range n.members {
		property, ok := properties[m.name].(map[string]any)
		if !ok {
			property, ok = s["additionalProperties"].(map[string]any)
		}
		if !ok && s["additionalProperties"] == false {
			if w.first == "" {
				w.first = join(n.path, m.name)
			}
			return false
		}
		if ok && !w.allows(property, m.value) {
			return false
		}
	}
	required, _ := s["required"].([]any)
	return !slices.ContainsFunc(required, func(name any) bool { return n.get(name.(string)) == nil })
}
