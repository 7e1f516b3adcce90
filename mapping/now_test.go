package mapping

import (
	"strings"
	"testing"
	"time"

	"github.com/koppel-io/koppel"
)

const datedMapping = `
objects:
  products:
    from: items
    remote_id: record.id
    name: record.name
    status: 'time(record.ends) < now ? "disabled" : "enabled"'
  suppliers:
    from: vendors
    remote_id: record.id
    name: record.name
`

func TestNowIsTheMomentOfTheRun(t *testing.T) {
	t.Parallel()
	shape := objectOf(map[string]*koppel.Shape{"id": shapeOf(koppel.ShapeString), "name": shapeOf(koppel.ShapeString), "ends": nullable(koppel.ShapeString)})
	schema := Schema{Streams: map[string]Stream{"items": {Shape: shape}, "vendors": {Shape: shape}}}
	m, err := Compile("mapping.yaml", []byte(datedMapping), schema)
	if err != nil {
		t.Fatal(err)
	}
	record := []byte(`{"id":"1","name":"Tent","ends":"2026-03-02T00:00:00Z"}`)
	before := time.Date(2026, 3, 1, 23, 0, 0, 0, time.UTC)
	after := before.Add(2 * time.Hour)
	for now, want := range map[time.Time]string{before: "enabled", after: "disabled"} {
		r, err := NewEvaluator(m, Env{Now: now}).Map(m.ByStream("items")[0], Input{Record: record})
		if got := written(koppel.Products.Fields(), r.Values, ""); err != nil || !strings.Contains(got, want) {
			t.Errorf("at %s: %s %v, want %s", now, got, err, want)
		}
	}
	if m.DigestOn("items", before) == m.DigestOn("items", after) || m.DigestOn("items", before) != m.DigestOn("items", before.Add(-time.Hour)) {
		t.Error("a stream that is held against the date has one digest a day")
	}
	if m.DigestOn("vendors", before) != m.Digest() || m.DigestOn("vendors", after) != m.Digest() {
		t.Error("another stream has the mapping's")
	}
	_, err = Compile("mapping.yaml", []byte(strings.Replace(datedMapping, "time(record.ends) < now", "let now = 1; now > 0", 1)), schema)
	if err == nil {
		t.Error("now can be another name")
	}
}
