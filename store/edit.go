package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
	"github.com/shopspring/decimal"
)

// Edit is what a person changes of an object.
type Edit struct {
	// Set are values by field; an explicit null clears.
	Set map[string]json.RawMessage
	// Remove are the fields of which the person's value goes away, so that the couplings' shows again.
	Remove []string
}

// FieldProblem says what is wrong with one field of an edit.
type FieldProblem struct{ Field, Reason string }

// ReadEdit checks an edit's values against the model and names everything that is wrong.
func ReadEdit(object koppel.Object, e Edit) (koppel.Values, []FieldProblem) {
	values := make(koppel.Values, len(object.Fields()))
	var problems []FieldProblem
	bad := func(field, format string, args ...any) {
		problems = append(problems, FieldProblem{field, fmt.Sprintf(format, args...)})
	}
	for name, raw := range e.Set {
		i, f, ok := object.Field(name)
		switch {
		case !ok:
			bad(name, "%s have no field %s", object, name)
			continue
		case f.Type == koppel.Ref || f.Type == koppel.Lines || f.Type == koppel.JSON:
			bad(name, "this field cannot be set by hand")
			continue
		case slices.Contains(e.Remove, name):
			bad(name, "it is both set and removed")
			continue
		}
		value, err := editValue(raw, &f)
		if err != nil {
			bad(name, "%s", err)
			continue
		}
		values[i] = value
	}
	for _, name := range e.Remove {
		if _, _, ok := object.Field(name); !ok {
			bad(name, "%s have no field %s", object, name)
		}
	}
	slices.SortFunc(problems, func(a, b FieldProblem) int { return strings.Compare(a.Field, b.Field) })
	return values, problems
}

func editValue(raw json.RawMessage, f *koppel.Field) (any, error) {
	if f.Type == koppel.Decimal && len(raw) > 0 && raw[0] != '"' && string(raw) != "null" {
		raw = json.RawMessage(`"` + string(raw) + `"`) // a number as a number is as good
	}
	value, err := decodeValue(raw, f)
	if err != nil {
		return nil, fmt.Errorf("%s is no %s", raw, f.Type)
	}
	switch v := value.(type) {
	case koppel.Null:
		if f.Required {
			return nil, fmt.Errorf("it cannot be empty")
		}
	case string:
		v = strings.TrimSpace(v)
		switch {
		case v == "":
			return nil, fmt.Errorf("an empty text is null")
		case f.Limit > 0 && utf8.RuneCountInString(v) > f.Limit:
			return nil, fmt.Errorf("it may have %d characters at most", f.Limit)
		case f.Name == "status" && v != "enabled" && v != "disabled":
			return nil, fmt.Errorf("it is enabled or disabled")
		case checkText(v) != "":
			return nil, fmt.Errorf("%s", checkText(v))
		}
		return v, nil
	case int64:
		if (f.Min != 0 || f.Max != 0) && (v < f.Min || v > f.Max) {
			return nil, fmt.Errorf("it must be between %d and %d", f.Min, f.Max)
		}
	case decimal.Decimal:
		if f.NotNegative && v.IsNegative() {
			return nil, fmt.Errorf("it cannot be negative")
		}
	}
	return value, nil
}

const (
	readEditSQL  = `SELECT mapped::text FROM source WHERE webshop_id = $1 AND coupling_id = 0 AND object = $2 AND remote_id = $3 FOR UPDATE`
	writeEditSQL = `
INSERT INTO source (webshop_id, coupling_id, object, remote_id, object_id, stream_id, record_id, run_id, mapped)
VALUES ($1, 0, $2, $3, $4, 0, '', 0, $5::json)
ON CONFLICT (webshop_id, coupling_id, object, remote_id) DO UPDATE SET mapped = excluded.mapped, changed_at = now(), gone_at = NULL, gone_reason = NULL`
	dropEditSQL = `DELETE FROM source WHERE webshop_id = $1 AND coupling_id = 0 AND object = $2 AND remote_id = $3`
)

// lockObject finds an object and keeps others from merging it until the transaction ends. An id that was merged into
// another object's answers that one.
func (tx *Tx) lockObject(ctx context.Context, op string, object koppel.Object, id string) (webshop, inner int64, uuid string, err error) {
	t := tables[object]
	if t == nil {
		return 0, 0, "", invalid(op, "object %q is unknown", object)
	}
	if webshop, err = tx.webshop(op); err != nil {
		return 0, 0, "", err
	}
	if id, err = tx.redirected(ctx, op, object, id); err != nil {
		return 0, 0, "", err
	}
	err = tx.tx.QueryRow(ctx, `SELECT id FROM `+t.name+` WHERE webshop_id = $1 AND uuid = $2 FOR NO KEY UPDATE`, webshop, id).Scan(&inner)
	return webshop, inner, id, foundOr(op, string(object), id, err)
}

// EditObject keeps what a person says of an object as a source of its own and merges the object again. values come
// from ReadEdit. It answers the person's values before and after.
func (tx *Tx) EditObject(ctx context.Context, object koppel.Object, id string, values koppel.Values, remove []string) (before, after json.RawMessage, err error) {
	const op = "edit object"
	webshop, inner, id, err := tx.lockObject(ctx, op, object, id)
	if err != nil {
		return nil, nil, err
	}
	fields := object.Fields()
	kept := make(koppel.Values, len(fields))
	var text string
	switch err := tx.tx.QueryRow(ctx, readEditSQL, webshop, string(object), id).Scan(&text); {
	case err == nil:
		before = json.RawMessage(text)
		if kept, err = decodeMapped(before, fields); err != nil {
			return nil, nil, wrap(op, err)
		}
	case err != pgx.ErrNoRows:
		return nil, nil, wrap(op, err)
	}
	kept.Merge(values)
	for _, name := range remove {
		if i, _, ok := object.Field(name); ok {
			kept[i] = nil
		}
	}
	if slices.ContainsFunc(kept, func(v any) bool { return v != nil }) {
		after = appendMapped(nil, fields, kept)
		_, err = tx.exec(ctx, writeEditSQL, webshop, string(object), id, inner, string(after))
	} else {
		_, err = tx.exec(ctx, dropEditSQL, webshop, string(object), id)
	}
	if err != nil {
		return nil, nil, wrap(op, err)
	}
	return before, after, tx.mergeAgain(ctx, op, object, inner)
}
