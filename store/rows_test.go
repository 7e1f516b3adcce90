package store

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store/localpg"
	"github.com/shopspring/decimal"
)

// randomValues fills slots with values of their types, absent and null ones among them.
func randomValues(r *rand.Rand, fields []koppel.Field) koppel.Values {
	v := make(koppel.Values, len(fields))
	for i := range fields {
		switch n := r.IntN(8); {
		case n == 0:
		case n == 1:
			v[i] = koppel.Null{}
		default:
			v[i] = randomValue(r, &fields[i])
		}
	}
	return v
}

func randomValue(r *rand.Rand, f *koppel.Field) any {
	text := func() string {
		const runes = "aZ \"\\/\n\t\x01\x7fé€😀<>&\u2028"
		var b strings.Builder
		for range r.IntN(12) {
			all := []rune(runes)
			b.WriteRune(all[r.IntN(len(all))])
		}
		return b.String()
	}
	switch f.Type {
	case koppel.Text, koppel.Ref:
		return text()
	case koppel.Int:
		return r.Int64() - r.Int64()
	case koppel.Bool:
		return r.IntN(2) == 0
	case koppel.Decimal:
		return decimal.New(r.Int64N(1e12)-5e11, -r.Int32N(f.Scale+1))
	case koppel.Time:
		return time.UnixMicro(r.Int64N(4e15)).UTC()
	case koppel.Date:
		return time.Unix(r.Int64N(40_000)*86400-86400*4000, 0).UTC()
	case koppel.Texts:
		list := []string{}
		for range r.IntN(4) {
			list = append(list, text())
		}
		return list
	case koppel.JSON:
		return json.RawMessage(`[{"a":1.50,"b":null}]`)
	}
	lines := []koppel.Values{}
	for range r.IntN(3) {
		lines = append(lines, randomValues(r, f.Line))
	}
	return lines
}

func TestMappedValuesComeBackAsTheyWere(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	same := cmp.Comparer(func(a, b decimal.Decimal) bool { return a.Equal(b) })
	for _, object := range koppel.Objects() {
		for range 300 {
			values := randomValues(r, object.Fields())
			text := appendMapped(nil, object.Fields(), values)
			if !json.Valid(text) {
				t.Fatalf("not JSON: %s", text)
			}
			back, err := decodeMapped(text, object.Fields())
			if err != nil {
				t.Fatalf("%s: %v", text, err)
			}
			if diff := cmp.Diff(values, back, same); diff != "" {
				t.Fatalf("%s: %s", text, diff)
			}
			if again := appendMapped(nil, object.Fields(), back); string(again) != string(text) {
				t.Fatalf("%s became %s", text, again)
			}
		}
	}
}

// connect opens the test cluster's own database as its owner.
func connect(t *testing.T) *pgx.Conn {
	t.Helper()
	server, err := localpg.Shared(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(t.Context(), server.DSN("postgres", "postgres"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

// Stored rows are compared by their bytes, so ours must be the very bytes that PostgreSQL sends.
func TestFieldsHaveTheBytesThatPostgreSQLSends(t *testing.T) {
	t.Parallel()
	conn := connect(t)
	one := func(sql string, arg any) []byte {
		t.Helper()
		rows, err := conn.Query(t.Context(), sql, pgx.QueryResultFormats{1}, arg)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		if !rows.Next() {
			t.Fatalf("%s: %v", sql, rows.Err())
		}
		return slices.Clone(rows.RawValues()[0])
	}
	same := func(what string, oid uint32, put func(*rows), want []byte) {
		t.Helper()
		r := newRows(&rowType{"x_row", []rowCol{{"x", oid}}}, 0)
		r.begin()
		put(r)
		r.end()
		if got := r.field(0); string(got) != string(want) {
			t.Errorf("%s is % x, PostgreSQL sends % x", what, got, want)
		}
	}
	for _, s := range []string{"0", "-0", "1", "-1", "0.0001", "0.000001", "-0.00012", "12.5", "9999", "10000", "10000.0001", "99999999.5", "123456789012.3456", "-999999999999.999999", "0.1234567", "-0.0000005", "1e3", "5e-9"} {
		d := decimal.RequireFromString(s)
		same(s, oidNumeric, func(r *rows) { r.decimal(d, 6) }, one("SELECT $1::text::numeric(18, 6)", s))
		if _, ok := scaled(d, 4); ok {
			same(s, oidNumeric, func(r *rows) { r.decimal(d, 4) }, one("SELECT $1::text::numeric(19, 4)", s))
		}
	}
	for _, s := range []string{"1999-12-31T23:59:59.999999Z", "2000-01-01T00:00:00Z", "2026-05-06T07:08:09.1Z", "0001-01-01T00:00:00Z"} {
		at, err := time.Parse(time.RFC3339Nano, s)
		if err != nil {
			t.Fatal(err)
		}
		same(s, oidTimestamptz, func(r *rows) { r.time(at) }, one("SELECT $1::text::timestamptz", s))
		same(s, oidDate, func(r *rows) { r.date(at) }, one("SELECT $1::text::timestamptz::timestamp::date", s[:10]+"T00:00:00Z"))
	}
	for _, list := range [][]string{{}, {"a"}, {"", "ü,\"x"}} {
		same(strings.Join(list, "|"), oidTextArray, func(r *rows) { r.texts(list) }, one("SELECT $1::text[]", list))
	}
}

func TestDecimalsThatNoColumnHoldsAreRefused(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]bool{"999999999999.999999": true, "1000000000000": false, "-1e12": false, "1e400": false, "0e5000": true, "1e-400": true, "123456789012345678901234567890e-20": true, "123456789012345678901234567890e-10": false} {
		if _, ok := scaled(decimal.RequireFromString(s), 6); ok != want {
			t.Errorf("%s: %v, want %v", s, ok, want)
		}
	}
}

func TestBodiesComeBackAsTheyWere(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{"", "{}", strings.Repeat(`{"name":"x"},`, 300), strings.Repeat("\x00\xff", 200)} {
		stored, codec := compress([]byte("before"), []byte(raw))
		back, err := expand(stored[len("before"):], codec)
		if err != nil || string(back) != raw {
			t.Errorf("%.20q in codec %d came back as %.20q (%v)", raw, codec, back, err)
		}
	}
	if _, err := expand([]byte("x"), 9); koppel.KindOf(err) != koppel.KindInternal {
		t.Errorf("an unknown codec: %v", err)
	}
}
