package api

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/connectors"
	"github.com/koppel-io/koppel/store"
)

// dearer is an override of the demo connector that says another price, with a test case.
const dearer = `objects:
  products:
    from: products
    price: decimal(record.price) * 2
`

func (s *site) saveMapping(t *testing.T, c store.Coupling, body map[string]any) overrideSaved {
	t.Helper()
	var saved overrideSaved
	got := s.ask(t, s.root, http.MethodPut, v1+"/couplings/"+c.UUID+"/mapping", body)
	if err := json.Unmarshal(got.body, &saved); err != nil || got.status != http.StatusOK {
		t.Fatalf("save: status %d: %s", got.status, got.body)
	}
	return saved
}

func TestAnOverrideIsCheckedBeforeItIsSaved(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	at := v1 + "/couplings/" + s.coupling.UUID + "/mapping"
	for name, c := range map[string]struct{ source, place, says string }{
		"an unknown member": {"objects:\n  products:\n    from: products\n    price: decimal(record.prise)\n", "mine.yaml:4:27", "did you mean price?"},
		"a wrong type":      {"objects:\n  products:\n    from: products\n    name: record.id\n", "mine.yaml:4:11", "expected string"},
		"a failing test":    {dearer + "tests:\n  - object: suppliers\n    record: { id: 1, name: Jansen }\n    expect: { name: Pietersen }\n", "mine.yaml:8:15", `name is "Jansen"; expected "Pietersen"`},
		"no YAML":           {"objects: {\n", "mine.yaml:1", ""},
	} {
		for method, path := range map[string]string{http.MethodPost: at + "/check", http.MethodPut: at} {
			body := map[string]any{"source": c.source, "file": "mine.yaml"}
			p := refused(t, s.ask(t, s.root, method, path, body), http.StatusUnprocessableEntity, koppel.KindInvalidRequest)
			if len(p.Errors) == 0 || !strings.HasPrefix(p.Errors[0].Location, c.place) || !strings.Contains(p.Errors[0].Message, c.says) {
				t.Errorf("%s, %s: %+v, want %s: … %s", name, method, p.Errors, c.place, c.says)
			}
		}
	}
	var list pageBody[override]
	if got := s.ask(t, s.root, http.MethodGet, at+"/versions", nil); json.Unmarshal(got.body, &list) != nil || len(list.Data) != 0 {
		t.Errorf("refused drafts left versions: %s", got.body)
	}
	if asked := s.engine.take(); len(asked) != 0 {
		t.Errorf("refused drafts started %v", asked)
	}
}

func TestAnOverrideHasVersionsThatCanBeComparedAndRolledBack(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	at := v1 + "/couplings/" + s.coupling.UUID + "/mapping"
	first := s.saveMapping(t, s.coupling, map[string]any{"source": dearer, "note": "doubled", "after": 0})
	if first.Override.Number != 1 || first.Override.Note != "doubled" || !cmp.Equal(first.Objects, []koppel.Object{koppel.Products}) || len(first.Runs) != 1 || first.Runs[0].Group != koppel.Products {
		t.Errorf("saved %+v", first)
	}
	if asked := s.engine.take(); len(asked) != 1 || !strings.Contains(asked[0], first.Runs[0].Run) {
		t.Errorf("saving started %v, want the replay %s", asked, first.Runs[0].Run)
	}
	second := s.saveMapping(t, s.coupling, map[string]any{"source": strings.Replace(dearer, "* 2", "* 3", 1), "replay": false, "after": 1})
	if second.Override.Number != 2 || len(second.Runs) != 0 || len(s.engine.take()) != 0 {
		t.Errorf("saved without a replay: %+v", second)
	}
	refused(t, s.ask(t, s.root, http.MethodPut, at, map[string]any{"source": dearer, "after": 1}), http.StatusConflict, koppel.KindConflict)
	refused(t, s.ask(t, s.root, http.MethodPut, at, map[string]any{"source": strings.Replace(dearer, "* 2", "* 3", 1)}), http.StatusConflict, koppel.KindConflict)

	var diff difference
	if got := s.ask(t, s.root, http.MethodGet, at+"/diff", nil); json.Unmarshal(got.body, &diff) != nil || diff.From != 1 || diff.To != 2 ||
		!strings.Contains(diff.Diff, "-     price: decimal(record.price) * 2\n+     price: decimal(record.price) * 3\n") {
		t.Errorf("diff: %s", got.body)
	}
	var back overrideSaved
	if got := s.ask(t, s.root, http.MethodPost, at+"/rollback", map[string]any{"number": 1, "note": "too dear"}); json.Unmarshal(got.body, &back) != nil ||
		back.Override.Number != 3 || back.Override.Restores == nil || *back.Override.Restores != 1 || back.Override.Digest != first.Override.Digest || len(back.Runs) != 1 {
		t.Errorf("rolled back: %s", got.body)
	}
	var shown mappingShown
	if got := s.ask(t, s.root, http.MethodGet, at, nil); json.Unmarshal(got.body, &shown) != nil || len(shown.Overrides) != 1 || shown.Overrides[0].Source != dearer {
		t.Errorf("in force: %s", got.body)
	}
	i := slices.IndexFunc(shown.Fields, func(f mappedField) bool {
		return f.Object == koppel.Products && f.Stream == "products" && f.Field == "price"
	})
	if i < 0 || shown.Fields[i].From != "coupling" || shown.Fields[i].At != "coupling-override.yaml:4" {
		t.Errorf("price comes from %+v", shown.Fields[max(i, 0)])
	}
	var none overrideSaved
	if got := s.ask(t, s.root, http.MethodPost, at+"/rollback", map[string]any{"number": 0}); json.Unmarshal(got.body, &none) != nil || !none.Override.Empty {
		t.Errorf("taken away: %s", got.body)
	}
	refused(t, s.ask(t, s.root, http.MethodPost, at+"/rollback", map[string]any{"number": 9}), http.StatusNotFound, koppel.KindNotFound)
	var list pageBody[override]
	if got := s.ask(t, s.root, http.MethodGet, at+"/versions?limit=2", nil); json.Unmarshal(got.body, &list) != nil || len(list.Data) != 2 || list.Data[0].Number != 4 || list.Next == "" {
		t.Errorf("versions: %s", got.body)
	}
}

// A webshop's override counts for all its couplings of the connector, and a coupling's own is stronger.
func TestTheCouplingsOverrideIsStrongerThanTheWebshops(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	second := s.couple(t, s.shop)
	saved := s.saveMapping(t, s.coupling, map[string]any{"source": dearer, "level": "webshop"})
	if len(saved.Runs) != 2 {
		t.Errorf("a webshop's override maps again %+v, want both couplings", saved.Runs)
	}
	s.saveMapping(t, second, map[string]any{"source": strings.Replace(dearer, "* 2", "* 3", 1)})
	for _, c := range []struct {
		coupling store.Coupling
		want     string
	}{{s.coupling, "decimal(record.price) * 2"}, {second, "decimal(record.price) * 3"}} {
		var shown mappingShown
		got := s.ask(t, s.root, http.MethodGet, v1+"/couplings/"+c.coupling.UUID+"/mapping", nil)
		if err := json.Unmarshal(got.body, &shown); err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(shown.Fields, func(f mappedField) bool { return f.Field == "price" && f.Expression == c.want }) {
			t.Errorf("coupling %s does not map the price by %s", c.coupling.UUID, c.want)
		}
	}
	var shown mappingShown
	if got := s.ask(t, s.root, http.MethodGet, v1+"/couplings/"+s.their.UUID+"/mapping", nil); json.Unmarshal(got.body, &shown) != nil || len(shown.Overrides) != 0 {
		t.Errorf("another webshop has it too: %+v", shown.Overrides)
	}
}

// An override that does not go with a new version of the connector holds its coupling back, and lets go on once it is corrected.
func TestAnOverrideHoldsTheUpgradeThatBreaksIt(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.saveMapping(t, s.coupling, map[string]any{"source": "objects:\n  suppliers:\n    name: record.name + \" \" + record.gln\n"})
	sources, err := connectors.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	demo := sources["demo"]
	next := strings.NewReplacer("version: 1.0.0", "version: 99.0.0", "gln: string?", "gln_code: string?").Replace(demo.Manifest)
	var v version
	got := s.ask(t, s.root, http.MethodPost, v1+"/connectors", map[string]any{"manifest": next, "mapping": strings.ReplaceAll(demo.Mapping, "record.gln", "record.gln_code")})
	if err := json.Unmarshal(got.body, &v); err != nil || got.status >= 300 {
		t.Fatalf("publish: %d %s", got.status, got.body)
	}
	if len(v.Held) != 1 || v.Held[0].Coupling != s.coupling.UUID || !strings.Contains(v.Held[0].Reason, "coupling-override.yaml:3:") || !strings.Contains(v.Held[0].Reason, "gln") {
		t.Fatalf("held: %+v", v.Held)
	}
	state := func(c store.Coupling) coupling {
		t.Helper()
		var shown coupling
		if got := s.ask(t, s.root, http.MethodGet, v1+"/couplings/"+c.UUID, nil); json.Unmarshal(got.body, &shown) != nil {
			t.Fatalf("%s", got.body)
		}
		return shown
	}
	if mine, theirs := state(s.coupling), state(s.their); mine.Hold == "" || mine.ConnectorVersion == v.Version || theirs.Hold != "" || theirs.ConnectorVersion != v.Version {
		t.Errorf("mine is at %s (%s), theirs at %s (%s)", mine.ConnectorVersion, mine.Hold, theirs.ConnectorVersion, theirs.Hold)
	}
	saved := s.saveMapping(t, s.coupling, map[string]any{"source": "objects:\n  suppliers:\n    name: record.name + \" \" + record.gln_code\n"})
	if mine := state(s.coupling); !slices.Equal(saved.Released, []string{s.coupling.UUID}) || mine.Hold != "" || mine.ConnectorVersion != v.Version {
		t.Errorf("corrected, it is at %s (%s); released %v", mine.ConnectorVersion, mine.Hold, saved.Released)
	}
}
