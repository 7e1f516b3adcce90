package store

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
	"github.com/shopspring/decimal"
)

// named puts the table's name into a statement.
func (t *table) named(sql string) string { return strings.Replace(sql, "TABLE", t.name, 1) }

// besideRow is one remote id of both.
type besideRow struct{ remoteID, theirID, sku, ean, fields, object, row string }

// beside compares SKU, EAN and the values that were imported with the object's.
func (r *takeoverReport) beside(ctx context.Context, args []any) error {
	rows, err := r.tx.tx.Query(ctx, r.t.named(besideSQL), args...)
	if err != nil {
		return err
	}
	var b besideRow
	_, err = pgx.ForEachRow(rows, []any{&b.remoteID, &b.theirID, &b.sku, &b.ean, &b.fields, &b.object, &b.row}, func() error {
		var ours, theirs map[string]json.RawMessage
		if err := json.Unmarshal([]byte(b.row), &ours); err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(b.fields), &theirs); err != nil {
			return err
		}
		r.codes(b, ours)
		for _, name := range slices.Sorted(maps.Keys(theirs)) {
			r.value(b, name, theirs[name], ours[name])
		}
		return nil
	})
	return err
}

// codes tells a remote id that leads to an object of another SKU or EAN.
func (r *takeoverReport) codes(b besideRow, ours map[string]json.RawMessage) {
	for _, code := range []struct{ what, field, theirs string }{{"SKU", "sku_code", b.sku}, {"EAN", "ean_code", b.ean}} {
		value, has := ours[code.field]
		if !has || code.theirs == "" || sameCode(code.theirs, bareJSON(value), code.field == "ean_code") {
			continue
		}
		r.otherwise[b.remoteID] = true
		theirs, _ := json.Marshal(code.theirs)
		r.differs(koppel.TakeoverDifference{
			What: koppel.LinkedOtherwise, RemoteID: b.remoteID, TheirID: b.theirID, ObjectID: b.object, Field: code.field,
			Theirs: theirs, Ours: value, Reason: "it leads to an object of another " + code.what,
		})
	}
}

func (r *takeoverReport) value(b besideRow, name string, theirs, ours json.RawMessage) {
	if sameWritten(bareJSON(theirs), bareJSON(ours)) {
		return
	}
	r.counts.Fields[name]++
	r.differs(koppel.TakeoverDifference{
		What: koppel.OtherValue, RemoteID: b.remoteID, TheirID: b.theirID, ObjectID: b.object, Field: name, Theirs: cutJSON(string(theirs)), Ours: cutJSON(string(ours)),
	})
}

// bareJSON is a JSON value as text; "" for null and for none.
func bareJSON(value json.RawMessage) string {
	var text string
	if json.Unmarshal(value, &text) == nil {
		return strings.TrimSpace(text)
	}
	if string(value) == "null" {
		return ""
	}
	return string(value)
}

// sameCode compares SKUs, and EANs without the zeros that make them 13 or 14 digits long: trimmed, whatever their case.
func sameCode(a, b string, ean bool) bool {
	a, b = strings.ToLower(strings.TrimSpace(a)), strings.ToLower(strings.TrimSpace(b))
	return a == b || ean && strings.TrimLeft(a, "0") == strings.TrimLeft(b, "0")
}

// sameWritten compares values of platforms that write numbers and times otherwise.
func sameWritten(a, b string) bool {
	if a == b {
		return true
	}
	x, xErr := decimal.NewFromString(a)
	y, yErr := decimal.NewFromString(b)
	if xErr == nil && yErr == nil {
		return x.Equal(y)
	}
	at, aErr := time.Parse(time.RFC3339, a)
	bt, bErr := time.Parse(time.RFC3339, b)
	return aErr == nil && bErr == nil && at.Equal(bt)
}
