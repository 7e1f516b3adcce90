package mapping

import (
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/koppel-io/koppel"
)

// One mapping serves many evaluators, and what one record gave stays as it is
// when the evaluator goes on and the caller reuses the record's memory.
func TestEvaluatorsShareAMapping(t *testing.T) {
	t.Parallel()
	m, _ := benchEvaluator(t)
	p := m.ByStream("products")[0]
	run, err := CompileExpr(`sum(map(list, # * 2))`, []string{"list"})
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			e := NewEvaluator(m, Env{})
			var results []Result
			memory := make([]byte, 0, 4096)
			for _, record := range benchRecords() {
				memory = append(memory[:0], record...)
				r, err := e.Map(p, Input{Record: memory})
				if err != nil {
					t.Error(err)
					return
				}
				results = append(results, r)
			}
			for i, record := range benchRecords() {
				again, err := NewEvaluator(m, Env{}).Map(p, Input{Record: record})
				if err != nil {
					t.Error(err)
					return
				}
				want, got := written(koppel.Products.Fields(), again.Values, ""), written(koppel.Products.Fields(), results[i].Values, "")
				if diff := cmp.Diff(want, got); diff != "" || again.RemoteID != results[i].RemoteID {
					t.Errorf("record %d (-alone +among others):\n%s", i, diff)
				}
			}
			for range 100 {
				if v, err := run(map[string]any{"list": []any{1, int64(2), 1.5}}); err != nil || !cmp.Equal(v, any(int64(9)), sameValue) {
					t.Errorf("%v, %v", v, err)
				}
			}
		})
	}
	group.Wait()
}

// A broken record leaves nothing behind for the next.
func TestRecordsDoNotLeak(t *testing.T) {
	t.Parallel()
	m := compileOne(t, "objects:\n  products:\n    from: vendors\n    remote_id: string(record.id)\n    sku_code: record.a\n    ean_code: record.b.c\n")
	e := NewEvaluator(m, Env{})
	p := m.ByStream("vendors")[0]
	for _, record := range []string{`{"id":1,"a":"x","b":{"c":"y"}}`, `{"id":1,"a":"z","b":{"c":`, `{"id":1,"a":5}`} {
		_, _ = e.Map(p, Input{Record: []byte(record)})
	}
	r, err := e.Map(p, Input{Record: []byte(`{"id":2}`)})
	if err != nil {
		t.Fatal(err)
	}
	if got := written(koppel.Products.Fields(), r.Values, ""); got != "sku_code = null\nean_code = null\n" {
		t.Errorf("values of another record: %s", got)
	}
}

func TestHostileYAML(t *testing.T) {
	t.Parallel()
	for name, source := range map[string]string{
		"nested lists":    strings.Repeat("- ", 100_000),
		"nested brackets": strings.Repeat("[", 100_000),
		"nested keys":     strings.Repeat("? ", 100_000),
		"an alias bomb":   "a: &a [x,x]\nb: &b [*a,*a]\nobjects: *b\n",
		"too large":       strings.Repeat("#", maxSource+1),
		"binary":          "\x00\xff\xfe",
		"empty":           "",
		"two documents":   "objects: {}\n---\nobjects: {}\n",
	} {
		if _, err := Compile("mapping.yaml", []byte(source), testSchema); koppel.KindOf(err) != koppel.KindInvalidRequest {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A fault of the engine parks the record it happened on and nothing else.
func TestFaultStaysWithItsRecord(t *testing.T) {
	t.Parallel()
	m := compileOne(t, "objects:\n  products:\n    from: vendors\n    remote_id: string(record.id)\n    sku_code: trim(record.a)\n")
	p := m.ByStream("vendors")[0]
	p.fields[0].expr.direct.call = func(args ...any) (any, error) {
		if args[1] == "bad" {
			panic("a fault")
		}
		return args[1], nil
	}
	e := NewEvaluator(m, Env{})
	_, err := e.Map(p, Input{Record: []byte(`{"id":1,"a":"bad"}`)})
	if koppel.KindOf(err) != koppel.KindMapping || !strings.Contains(koppel.DetailOf(err), "a fault") {
		t.Errorf("error %v", err)
	}
	if r, err := e.Map(p, Input{Record: []byte(`{"id":1,"a":"good"}`)}); err != nil || r.Values[1] != "good" {
		t.Errorf("the next record: %v, %v", r.Values, err)
	}
}
