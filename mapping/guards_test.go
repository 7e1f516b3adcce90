package mapping

import (
	"errors"
	"strings"
	"testing"

	"github.com/koppel-io/koppel"
)

// doubling writes n declarations that each double the one before.
func doubling(start, op string, n int, end string) string {
	var b strings.Builder
	b.WriteString("let a0 = " + start + ";")
	for i := range n {
		b.WriteString(strings.NewReplacer("NEXT", "a"+string(rune('A'+i/26))+string(rune('a'+i%26)), "LAST", last(i)).Replace("let NEXT = " + op + ";"))
	}
	b.WriteString(strings.ReplaceAll(end, "LAST", last(n)))
	return b.String()
}

func last(i int) string {
	if i == 0 {
		return "a0"
	}
	i--
	return "a" + string(rune('A'+i/26)) + string(rune('a'+i%26))
}

// attacks are expressions that ask for more than any mapping needs. The first
// are refused when compiled, the others when they run.
var attacks = []string{
	`reduce(1..40, #acc + #acc, "xx")`,
	`reduce(1..1000, #acc * 9, 9)`,
	`replace(repeat("a", 1e6), "a", repeat("b", 1e6))`,
	`repeat(repeat("x", 1000000), 1000000)`,
	`any(1..9, any(1..9, any(1..9, any(1..9, any(1..9, # > 100)))))`,
	`1..1000000000`,
	`9 ** 9 ** 9`,
	`"a" matches "((((a{100}){100}){100}){100})"`,
	`"a" matches "(x{1000}){1000}"`,
	`string(1e999999999)`,
	`groupBy(1..10000, map(1..10000, #))`,
	`sortBy(1..10000, map(1..10000, #))`,
	doubling(`"xxxxxxxx"`, "LAST + LAST", 60, "LAST"),
	doubling(`[1]`, "LAST + LAST", 60, "len(LAST)"),
	doubling(`[1]`, "[LAST, LAST]", 60, "LAST"),
	doubling(`[1]`, "[LAST, LAST]", 60, "LAST == LAST"),
	doubling(`{"a": 1}`, `{"a": LAST, "b": LAST}`, 60, "LAST"),
	doubling(`9`, "LAST * LAST", 60, "LAST"),
	doubling(`decimal("9.9e60")`, "LAST * LAST", 60, "LAST"),
	doubling(`decimal("1e-60")`, "LAST * LAST", 60, "LAST"),
	doubling(`"aaaaaaaa"`, `replace(LAST, "a", "aaaaaaaa")`, 30, "LAST"),
	doubling(`"ab"`, `join([LAST, LAST, LAST, LAST], LAST)`, 30, "len(LAST)"),
	`sum(map(1..10000, sum(map(1..10000, sum(map(1..10000, #))))))`,
	`join(map(1..10000, join(map(1..10000, "xxxxxxxxxxxxxxxxxxxxxxxx"))))`,
	`map(1..10000, map(1..10000, [1,2,3,4,5,6,7,8]))`,
	`map(1..10000, map(1..10000, {"a": #}))`,
	`all(1..10000, all(1..10000, all(1..10000, # > 0)))`,
	`filter(map(1..10000, v), len(split(#, "a")) > 1)`,
	`map(1..10000, replace(v, "a", "bb"))`,
	`count(1..10000, v contains "zzzzzzzzzzzzzzzzz")`,
	`count(1..10000, any(1..10000, v == v + ""))`,
	`count(1..10000, v matches "(a|aa|b?a)*x")`,
	`count(1..10000, count(1..10000, lower(v) == upper(v)) > 0)`,
	`map(1..10000, v[0:100000])`,
	`split(v, "a")`,
	`map(1..10000, trim(v, "bcdefghijklmnopq"))`,
	`pad_left("x", 9223372036854775807, "y")`,
	`decimal("1e999999999") + 1`,
	`decimal("` + strings.Repeat("9", 399) + `")`,
	`1e64 / decimal("1e-64")`,
	`round(decimal("1e64") * decimal("1e-64"), 9223372036854775807)`,
	`minor_units(1e64, "EUR")`,
	`add_days(unix(0), 9223372036854775807)`,
	`unix(1e60)`,
	`j.a.b.c`,
	`map(1..10000, j.x)`,
	`map(1..10000, map(j.list, #))`,
	`map(j.list, map(j.list, map(j.list, #)))`,
}

// attackVars are inputs of a size that a remote may send.
func attackVars() map[string]any {
	return map[string]any{
		"v": strings.Repeat("a", 200_000),
		"j": raw(`{"x":1,"list":[` + strings.Repeat(`"element",`, 9_000) + `1]}`),
	}
}

func TestAttacksAreRefused(t *testing.T) {
	t.Parallel()
	vars := attackVars()
	// What is not there is null, and a product too small to matter is 0.
	cheap := map[string]bool{`j.a.b.c`: true, doubling(`decimal("1e-60")`, "LAST * LAST", 60, "LAST"): true}
	for _, source := range attacks {
		run, err := CompileExpr(source, []string{"v", "j"})
		if err != nil {
			if koppel.KindOf(err) != koppel.KindInvalidRequest {
				t.Errorf("%s: %v", shorten(source), err)
			}
			continue
		}
		_, err = run(vars)
		if cheap[source] {
			if err != nil {
				t.Errorf("%s: %v", source, err)
			}
			continue
		}
		var f *FieldError
		if koppel.KindOf(err) != koppel.KindMapping || !errors.As(err, &f) || f.Reason == "" {
			t.Errorf("%s: error %v, want one of kind mapping", shorten(source), err)
			continue
		}
		t.Logf("%s: %s", shorten(source), shorten(f.Reason))
	}
}

func TestBudgetIsPerEvaluation(t *testing.T) {
	t.Parallel()
	run, err := CompileExpr(`sum(map(1..9000, # + 1))`, nil)
	if err != nil {
		t.Fatal(err)
	}
	for range 50 {
		if v, err := run(nil); err != nil || v != int64(9000*9001/2+9000) {
			t.Fatalf("%v, %v", v, err)
		}
	}
}
