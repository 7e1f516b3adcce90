package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
)

// CompareRecords compares records that were read and mapped afresh with what is stored of them: with the coupling's
// sources, with the objects those are part of, and with what is parked or waits. It writes nothing.
func (db *DB) CompareRecords(ctx context.Context, lease Lease, records []Record) ([]koppel.ComparedRecord, error) {
	foreseen, err := db.Foresee(ctx, lease.Webshop, lease.Coupling, lease.Stream, records)
	if err != nil {
		return nil, err
	}
	list, err := Read(ctx, db, ForWebshop(lease.Webshop), func(tx *Tx) ([]koppel.ComparedRecord, error) {
		c := comparing{tx: tx, lease: lease, stored: map[string]storedState{}, parked: map[parkedKey]string{}}
		return c.run(ctx, records, foreseen)
	})
	return list, wrap("compare records", err)
}

// comparing is one comparison of some records.
type comparing struct {
	tx     *Tx
	lease  Lease
	stored map[string]storedState
	parked map[parkedKey]string
}

// storedState is how a record is stored.
type storedState struct{ gone, dirty bool }

type parkedKey struct {
	record string
	object koppel.Object
}

const (
	storedStatesSQL = `
SELECT r.remote_id, r.gone_at IS NOT NULL, EXISTS (SELECT FROM dirty d WHERE d.webshop_id = $1 AND d.stream_id = $2 AND d.remote_id = r.remote_id)
FROM record r WHERE r.webshop_id = $1 AND r.stream_id = $2 AND r.remote_id = ANY ($3)`
	openParkedSQL = `
SELECT remote_id, object, CASE WHEN field = '' THEN reason ELSE field || ': ' || reason END FROM parked
WHERE webshop_id = $1 AND stream_id = $2 AND remote_id = ANY ($3) AND resolved_at IS NULL`
	boundObjectSQL = `SELECT o.uuid::text FROM source s JOIN TABLE o ON o.webshop_id = s.webshop_id AND o.id = s.object_id
WHERE s.webshop_id = $1 AND s.coupling_id = $2 AND s.object = $3 AND s.remote_id = $4 AND s.gone_at IS NULL`
)

func (c *comparing) run(ctx context.Context, records []Record, foreseen []Foreseen) (list []koppel.ComparedRecord, err error) {
	if err := c.read(ctx, records); err != nil {
		return nil, err
	}
	given := map[string]bool{}
	for _, f := range foreseen {
		given[f.RecordID] = true
		r, err := c.one(ctx, f)
		if err != nil {
			return nil, err
		}
		list = append(list, r)
	}
	for i := range records {
		if r := &records[i]; !given[r.ID] {
			list = append(list, c.nothing(r))
		}
	}
	return list, nil
}

func (c *comparing) read(ctx context.Context, records []Record) error {
	ids := make([]string, len(records))
	for i := range records {
		ids[i] = records[i].ID
	}
	rows, err := c.tx.tx.Query(ctx, storedStatesSQL, c.lease.Webshop, c.lease.Stream, ids)
	if err != nil {
		return err
	}
	var id, object, reason string
	var s storedState
	if _, err := pgx.ForEachRow(rows, []any{&id, &s.gone, &s.dirty}, func() error { c.stored[id] = s; return nil }); err != nil {
		return err
	}
	if rows, err = c.tx.tx.Query(ctx, openParkedSQL, c.lease.Webshop, c.lease.Stream, ids); err != nil {
		return err
	}
	_, err = pgx.ForEachRow(rows, []any{&id, &object, &reason}, func() error {
		c.parked[parkedKey{id, koppel.Object(object)}] = reason
		return nil
	})
	return err
}

// parkedFor is why a record is parked for an object, or as a whole.
func (c *comparing) parkedFor(record string, object koppel.Object) (reason string, parked bool) {
	if reason, parked = c.parked[parkedKey{record, object}]; !parked {
		reason, parked = c.parked[parkedKey{record, ""}]
	}
	return reason, parked
}

// nothing is a record of which the mapping gives nothing, now as before.
func (c *comparing) nothing(r *Record) koppel.ComparedRecord {
	out := koppel.ComparedRecord{RecordID: r.ID, Outcome: koppel.ComparedLeftOut, Reason: "the mapping leaves it out"}
	s, stored := c.stored[r.ID]
	switch reason, parked := c.parkedFor(r.ID, ""); {
	case parked:
		out.Outcome, out.Reason = koppel.ComparedParked, reason
	case stored && !s.gone:
		out.Outcome, out.Reason = koppel.ComparedSame, ""
	}
	return out
}

func (c *comparing) one(ctx context.Context, f Foreseen) (koppel.ComparedRecord, error) {
	out := koppel.ComparedRecord{Object: f.Object, RecordID: f.RecordID, RemoteID: f.RemoteID, Outcome: koppel.ComparedSame}
	s, stored := c.stored[f.RecordID]
	reason, parked := c.parkedFor(f.RecordID, f.Object)
	switch f.Change {
	case koppel.ForeseenParked:
		out.Outcome, out.Reason = koppel.ComparedParked, "as the remote has it now it cannot be taken: "+f.Reason
		if f.Field != "" {
			out.Reason = "as the remote has it now it cannot be taken: " + f.Field + ": " + f.Reason
		}
		return out, nil
	case koppel.ForeseenGone:
		out.Outcome, out.Reason = koppel.ComparedLeftOut, "as the remote has it now the mapping leaves it out; here it is still stored"
		return out, nil
	case koppel.ForeseenMade:
		switch {
		case parked:
			out.Outcome, out.Reason = koppel.ComparedParked, reason
		case stored && s.dirty:
			out.Outcome, out.Reason = koppel.ComparedWaiting, "it was read and waits to be mapped"
		case stored && s.gone:
			out.Outcome, out.Reason = koppel.ComparedMissingHere, "it was taken for gone; the remote has it"
		case stored:
			out.Outcome, out.Reason = koppel.ComparedMissingHere, "it was read, but gave nothing then; map it again: koppel sync COUPLING "+string(f.Object)+" --mode replay"
		default:
			out.Outcome, out.Reason = koppel.ComparedMissingHere, "it was never read"
		}
		return out, nil
	}
	return out, c.beside(ctx, f, &out, reason)
}

// beside lays what the remote gives beside the object.
func (c *comparing) beside(ctx context.Context, f Foreseen, out *koppel.ComparedRecord, parked string) error {
	t := tables[f.Object]
	err := c.tx.tx.QueryRow(ctx, strings.Replace(boundObjectSQL, "TABLE", t.name, 1), c.lease.Webshop, c.lease.Coupling, string(f.Object), f.RemoteID).Scan(&out.ObjectID)
	if err == pgx.ErrNoRows {
		return nil
	}
	if err != nil {
		return err
	}
	e, err := c.tx.Explain(ctx, f.Object, out.ObjectID)
	if err != nil {
		return err
	}
	if err := c.fields(ctx, f, e, out); err != nil {
		return err
	}
	waits := waitingRefs(t, e.Object.Values)
	switch {
	case parked != "":
		out.Outcome, out.Reason = koppel.ComparedParked, parked
	case len(waits) > 0:
		out.Outcome, out.Reason = koppel.ComparedWaiting, "it waits for "+strings.Join(waits, ", ")
	case len(out.Fields) > 0:
		out.Outcome = koppel.ComparedDiffers
	}
	return nil
}

const mappedOfSQL = `SELECT mapped::text FROM source WHERE webshop_id = $1 AND coupling_id = $2 AND object = $3 AND remote_id = $4`

// fields are those that the object has otherwise than the remote gives them now.
func (c *comparing) fields(ctx context.Context, f Foreseen, e Explanation, out *koppel.ComparedRecord) error {
	t := tables[f.Object]
	before, after := f.Before, f.After
	if f.Change == koppel.ForeseenSame {
		var text string
		if err := c.tx.tx.QueryRow(ctx, mappedOfSQL, c.lease.Webshop, c.lease.Coupling, string(f.Object), f.RemoteID).Scan(&text); err != nil {
			return err
		}
		var err error
		if before, err = decodeMapped([]byte(text), t.fields); err != nil {
			return err
		}
		after = before
	}
	for i := range t.fields {
		remote, read := valueJSON(&t.fields[i], slotOf(after, i)), valueJSON(&t.fields[i], slotOf(before, i))
		if remote == "" && read == "" {
			continue
		}
		d := koppel.ComparedField{Field: t.fields[i].Name, Changed: remote != read}
		ours := read
		if why := e.Fields[i]; why.Chosen >= 0 {
			if giver := e.Sources[why.Chosen]; giver.CouplingID != c.lease.Coupling || giver.RemoteID != f.RemoteID {
				ours, d.Rule, d.Giver = chosenValue(why), why.Rule, giver.Name
				if giver.CouplingID == 0 {
					d.Giver = "a person's own edit"
				}
			}
		}
		if remote == ours && !d.Changed {
			continue
		}
		d.Remote, d.Read, d.Ours = cutJSON(remote), cutJSON(read), cutJSON(ours)
		out.Fields = append(out.Fields, d)
	}
	return nil
}

func slotOf(values koppel.Values, i int) any {
	if i < len(values) {
		return values[i]
	}
	return nil
}

// valueJSON is a value as sources keep it; "" for none.
func valueJSON(f *koppel.Field, value any) string {
	if value == nil {
		return ""
	}
	return string(appendValue(nil, f, value))
}

// chosenValue is what the chosen source gives.
func chosenValue(why FieldWhy) string {
	for _, g := range why.Given {
		if g.Source == why.Chosen {
			return string(g.Value)
		}
	}
	return ""
}

// comparedMost is the longest value that a comparison keeps, in bytes of JSON.
const comparedMost = 200

func cutJSON(value string) json.RawMessage {
	if len(value) <= comparedMost {
		return json.RawMessage(value)
	}
	text, err := json.Marshal(strings.ToValidUTF8(value[:comparedMost], "") + "…")
	if err != nil {
		return nil
	}
	return text
}

// waitingRefs are the references of an object, and of its lines, that wait for what they name.
func waitingRefs(t *table, values koppel.Values) (waits []string) {
	for i, f := range t.fields {
		switch v := values[i].(type) {
		case Reference:
			if v.UUID == nil && v.Key != "" {
				waits = append(waits, fmt.Sprintf("%s %s", f.Ref, v.Key))
			}
		case []Line:
			for _, line := range v {
				for j, x := range line.Values {
					if r, ok := x.(Reference); ok && r.UUID == nil && r.Key != "" {
						waits = append(waits, fmt.Sprintf("%s %s", f.Line[j].Ref, r.Key))
					}
				}
			}
		}
		if len(waits) >= 10 {
			break
		}
	}
	return waits
}
