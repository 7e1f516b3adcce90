package mapping

import (
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
)

// What needs no program must give what its program gives.
func TestDirectEqualsProgram(t *testing.T) {
	t.Parallel()
	sources := []string{
		`record.s`, `record.n == 1 ? record.s : nil`, `record.gone ?? record.s`, `record.b and record.s == "a"`, `not record.b or record.gone`,
		`record.s != "b"`, `record.s == record.gone`, `nil == record.gone`, `string(record.n) + record.s`, `record.n / 3`, `record.n / 0`, `decimal(record.s)`,
		`record.t ? 1 : 2`, `record.s ? 1 : 2`, `has(record.s, "x")`, `settings.vat_rate * record.n`, `-record.n`,
	}
	for _, f := range Functions() {
		for _, example := range f.Examples {
			sources = append(sources, example.Expr)
		}
	}
	record := []byte(`{"s":"a","n":1,"b":true,"t":null}`)
	found := 0
	for _, source := range sources {
		record := record
		p := newPlan("record", nil)
		in := scope{settings: map[string]static{"vat_rate": staticInt}, roots: map[string]root{
			"record": {static: rootStatic(p), plan: p}, "settings": {static: static{kind: kindSettings}},
		}}
		x, problems := compileExpression(source, in)
		in.programs = true
		y, more := compileExpression(source, in)
		if len(problems)+len(more) > 0 {
			t.Fatalf("%s: %v %v", source, problems, more)
		}
		if x.direct == nil {
			continue
		}
		found++
		p.root.seal()
		e := NewEvaluator(&Mapping{}, Env{})
		e.meter.begin()
		st := &state{record: make([]any, len(p.leaves)), env: map[string]any{meterName: &e.meter, "settings.vat_rate": 21}}
		if _, err := e.scanner.scan(record, p.root, st.record, nil); err != nil {
			t.Fatal(err)
		}
		for _, leaf := range p.leaves {
			st.env[leaf.path] = st.record[leaf.slot]
		}
		a, errA := e.run(st, x)
		b, errB := e.run(st, y)
		if diff := cmp.Diff(b, a, sameValue); diff != "" {
			t.Errorf("%s (-program +direct):\n%s", source, diff)
		}
		if (errA == nil) != (errB == nil) || errA != nil && errA.Error() != errB.Error() {
			t.Errorf("%s: direct %v, program %v", source, errA, errB)
		}
	}
	if found < 50 {
		t.Errorf("only %d expressions need no program", found)
	}
}

func TestSmallArithmeticIsExact(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	pick := func() decimal.Decimal {
		n := random.Int64N(1 << (1 + random.IntN(62)))
		if random.IntN(2) == 0 {
			n = -n
		}
		return decimal.New(n, int32(random.IntN(24)-12))
	}
	for range 20_000 {
		x, y := pick(), pick()
		places := int32(random.IntN(8))
		if got, want := roundTo(x, places), x.Round(places); x.Exponent() < -places && !got.Equal(want) {
			t.Fatalf("round(%s, %d) = %s, want %s", x, places, got, want)
		}
		if y.IsZero() {
			continue
		}
		if got, want := quotientOf(x, y), x.DivRound(y, quotientDigits); !got.Equal(want) {
			t.Fatalf("%s / %s = %s, want %s", x, y, got, want)
		}
	}
}

func TestParseDecimal(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"0": "0", "-0.00": "0", "1.50": "1.5", "+2": "2", ".5": "0.5", "5.": "5", "1e3": "1000", "1.25E-2": "0.0125",
		"123456789012345678901234567890.5": "123456789012345678901234567890.5", "0000000000000000000000001": "1",
		"0e999999999": "0", "1e64": "1" + "0000000000000000000000000000000000000000000000000000000000000000",
		"": "!", "-": "!", "1,5": "!", "1e": "!", "e5": "!", "1.2.3": "!", "NaN": "!", "0x10": "!", "1e65": "!", "1e999999999": "!", "1e-999999999": "!", " 1": "!", "1_0": "!",
	} {
		d, err := parseDecimal(text)
		got := d.String()
		if err != nil {
			got = "!"
		}
		if got != want {
			t.Errorf("%q = %s, want %s", text, got, want)
		}
	}
}
