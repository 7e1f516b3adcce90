package store_test

import (
	"context"
	"crypto/md5"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
	"github.com/shopspring/decimal"
)

// reading is one stream of one coupling under a lease, and the owner's look past row-level security.
type reading struct {
	pair
	lease store.Lease
	owner *pgx.Conn
}

func newReading(t *testing.T) *reading {
	t.Helper()
	p := newPair(t)
	return &reading{pair: p, lease: p.lease(t, p.coupling, "products"), owner: p.Owner(t)}
}

// lease opens a run of a coupling and takes the lease of the stream of the same name.
func (p pair) lease(t *testing.T, c store.Coupling, stream string) store.Lease {
	t.Helper()
	run := p.Run(t, c, stream)
	lease, _, err := p.Engine.TakeLease(t.Context(), c.WebshopID, run.ID, stream, "test")
	if err != nil {
		t.Fatal(err)
	}
	return lease
}

// values fills an object's slots by field name.
func values(t testing.TB, object koppel.Object, fields map[string]any) koppel.Values {
	t.Helper()
	return valuesOf(t, object.Fields(), fields)
}

func valuesOf(t testing.TB, fields []koppel.Field, given map[string]any) koppel.Values {
	t.Helper()
	v := make(koppel.Values, len(fields))
	left := len(given)
	for i, f := range fields {
		if value, ok := given[f.Name]; ok {
			v[i] = value
			left--
		}
	}
	if left != 0 {
		t.Fatalf("a field of %v is unknown", given)
	}
	return v
}

// line fills the slots of a line of an object by field name.
func line(t testing.TB, object koppel.Object, fields map[string]any) koppel.Values {
	t.Helper()
	_, f, _ := object.Field("lines")
	return valuesOf(t, f.Line, fields)
}

// record is a record that maps to one object of the same id.
func record(id string, ticket int64, object koppel.Object, v koppel.Values) store.Record {
	raw := fmt.Appendf(nil, `{"id":%q,"ticket":%d}`, id, ticket)
	return store.Record{ID: id, Ticket: ticket, Raw: raw, Hash: md5.Sum(raw), Mapped: []store.Mapped{{Object: object, RemoteID: id, Values: v}}}
}

func product(t testing.TB, id string, ticket int64, more map[string]any) store.Record {
	t.Helper()
	fields := map[string]any{"name": "Product " + id, "status": "enabled", "price": decimal.RequireFromString("12.5")}
	for name, value := range more {
		fields[name] = value
	}
	return record(id, ticket, koppel.Products, values(t, koppel.Products, fields))
}

// write writes a batch of records and fails the test on an error.
func (r *reading) write(t *testing.T, lease store.Lease, records ...store.Record) koppel.Counts {
	t.Helper()
	counts, err := r.Engine.WriteBatch(t.Context(), batchOf(lease, records...))
	if err != nil {
		t.Fatal(err)
	}
	return counts
}

func batchOf(lease store.Lease, records ...store.Record) *store.Batch {
	b := &store.Batch{Lease: lease, Records: records, Pages: 1, Total: -1, Resume: json.RawMessage(`{"page":1}`)}
	for _, r := range records {
		b.Seen = append(b.Seen, r.ID)
	}
	return b
}

// text is the first row's columns as PostgreSQL prints them, joined by a bar.
func (r *reading) text(t *testing.T, sql string, args ...any) string {
	t.Helper()
	rows, err := r.owner.Query(context.Background(), "SELECT concat_ws('|', VARIADIC ARRAY(SELECT coalesce(v, '∅') FROM json_each_text(row_to_json(q)) AS e(k, v))) FROM ("+sql+") q", args...)
	if err != nil {
		t.Fatal(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	out := ""
	for i, s := range list {
		if i > 0 {
			out += "\n"
		}
		out += s
	}
	return out
}

// want fails unless the query's rows print as want.
func (r *reading) want(t *testing.T, want, sql string, args ...any) {
	t.Helper()
	if got := r.text(t, sql, args...); got != want {
		t.Fatalf("%s\n got %s\nwant %s", sql, got, want)
	}
}

// rule sets how a coupling's objects of one kind are consolidated.
func (p pair) rule(t *testing.T, c store.Coupling, object koppel.Object, rule koppel.Rule) {
	t.Helper()
	in(t, p.Engine, store.ForWebshop(c.WebshopID), func(ctx context.Context, tx *store.Tx) (bool, error) {
		return tx.SetRules(ctx, c.UUID, map[koppel.Object]koppel.Rule{object: rule})
	})
}
