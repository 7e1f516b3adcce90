package store

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
)

// FieldWhy says why a field of an object has its value.
type FieldWhy struct {
	Field string
	// Value is the stored value as ObjectRow has it.
	Value any
	// Chosen is the place in Sources of the source that gives it; -1 when none does.
	Chosen int
	Rule   koppel.FieldRule
	// Given are the other sources that give the field, with their values as JSON, the strongest first.
	Given []GivenValue
	// ChangedAt and Run say when the field last changed, as far as the change feed reaches back.
	ChangedAt *time.Time
	RunUUID   *string
}

// GivenValue is what one source gives for a field.
type GivenValue struct {
	// Source is the place in Sources.
	Source int
	Value  json.RawMessage
	Gone   bool
}

// ExplainSource is a source of an explained object.
type ExplainSource struct {
	// Coupling is its outside id; "" for a person's edit.
	Coupling, Name string
	CouplingID     int64
	RemoteID       string
	Stream         string
	Role           koppel.Role
	// VersionID is the connector's version in the run that wrote the source; nil for none.
	VersionID *int64
	// Overrides are the inner ids of the mapping overrides that run had pinned.
	Overrides []int64
	RunUUID   *string
	ChangedAt time.Time
	GoneAt    *time.Time
}

// Explanation is an object field by field.
type Explanation struct {
	Object  ObjectRow
	Sources []ExplainSource
	Fields  []FieldWhy
}

const (
	explainSourcesSQL = `
SELECT coalesce(c.uuid::text, '') AS coupling, coalesce(c.name, '') AS name, s.coupling_id, s.remote_id, coalesce(st.name, '') AS stream,
       s.mapped::text AS mapped, s.gone_at, s.changed_at, r.uuid::text AS run_uuid, r.connector_version_id AS version_id, r.overrides
FROM source s LEFT JOIN coupling c ON c.id = s.coupling_id LEFT JOIN stream st ON st.id = s.stream_id LEFT JOIN run r ON r.id = s.run_id
WHERE s.webshop_id = $1 AND s.object_id = $2 ORDER BY c.priority NULLS LAST, s.coupling_id, s.remote_id`
	fieldChangesSQL = `
SELECT DISTINCT ON (f.bit) f.bit, c.at, r.uuid::text FROM change c
CROSS JOIN LATERAL (SELECT bit FROM generate_series(0, 62) AS bit WHERE c.fields & (1::bigint << bit) <> 0) f
LEFT JOIN run r ON r.id = c.run_id
WHERE c.webshop_id = $1 AND c.object = $2 AND c.object_id = $3 ORDER BY f.bit, c.number DESC`
)

// Explain says of an object, field by field, which source gives the value and by which rule.
func (tx *Tx) Explain(ctx context.Context, object koppel.Object, id string) (Explanation, error) {
	const op = "explain object"
	var e Explanation
	var err error
	if e.Object, err = tx.Object(ctx, object, id); err != nil {
		return e, err
	}
	type row struct {
		ExplainSource
		Mapped string
	}
	rows, err := tx.tx.Query(ctx, explainSourcesSQL, e.Object.WebshopID, e.Object.ID)
	if err != nil {
		return e, wrap(op, err)
	}
	var text string
	tg := &target{id: e.Object.ID}
	place := map[*source]int{}
	list, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (out row, err error) {
		err = r.Scan(&out.Coupling, &out.Name, &out.CouplingID, &out.RemoteID, &out.Stream, &out.Mapped, &out.GoneAt, &out.ChangedAt, &out.RunUUID, &out.VersionID, &out.Overrides)
		return out, err
	})
	if err != nil {
		return e, wrap(op, err)
	}
	if err := tx.tx.QueryRow(ctx, partySQL, e.Object.WebshopID).Scan(&text); err != nil {
		return e, wrap(op, err)
	}
	party, err := readParticipants(text)
	if err != nil {
		return e, wrap(op, err)
	}
	t := tables[object]
	for i, r := range list {
		s := &source{coupling: r.CouplingID, by: party[r.CouplingID], remoteID: r.RemoteID, gone: r.GoneAt != nil}
		if s.by == nil && s.coupling != 0 {
			s.by = &participant{ID: s.coupling}
		}
		if s.values, err = decodeMapped([]byte(r.Mapped), t.fields); err != nil {
			return e, wrap(op, err)
		}
		if s.by != nil {
			r.Role = s.by.rule(object).Role
		}
		tg.sources, place[s] = append(tg.sources, s), i
		e.Sources = append(e.Sources, r.ExplainSource)
	}
	tg.lay(t)
	for i := range t.fields {
		e.Fields = append(e.Fields, tg.why(t, i, place, e.Object.Values[i]))
	}
	return e, wrap(op, tx.lastChanges(ctx, &e))
}

// why explains field i as lay chose it.
func (tg *target) why(t *table, i int, place map[*source]int, value any) FieldWhy {
	f := &t.fields[i]
	out := FieldWhy{Field: f.Name, Value: value, Chosen: -1}
	for _, s := range strongest(t.object, t.groups[t.groupAt[i]], tg.sources) {
		if s.values[i] == nil {
			continue
		}
		if s == tg.winner[i] {
			out.Chosen = place[s]
		}
		out.Given = append(out.Given, GivenValue{Source: place[s], Value: appendValue(nil, f, s.values[i]), Gone: s.gone})
	}
	out.Rule = tg.rule(t, i, len(out.Given), value)
	return out
}

// rule names what chose the value of field i.
func (tg *target) rule(t *table, i, given int, value any) koppel.FieldRule {
	s := tg.winner[i]
	name := t.fields[i].Name
	if field, off := stateField(t.object); field == i && value == off && (s == nil || s.values[i] != off) {
		return koppel.RuleState
	}
	switch {
	case s == nil && t.fields[i].Default != nil:
		return koppel.RuleDefault
	case s == nil:
		return koppel.RuleNobody
	case given == 1 && s.by == nil:
		return koppel.RulePerson
	case given == 1:
		return koppel.RuleOnlyGiver
	case s.by == nil:
		return koppel.RuleIgnoreFields
	}
	if _, ranked := s.by.Ranks[t.object][t.groups[t.groupAt[i]]]; ranked {
		return koppel.RulePriority
	}
	if slices.ContainsFunc(tg.sources, func(o *source) bool { return o != s && o.by != nil && !o.gone && o.values[i] != nil }) {
		return koppel.RuleFirstActivated
	}
	if slices.ContainsFunc(tg.sources, func(o *source) bool { return o.by == nil && o.values[place(t.object, name)] != nil }) {
		return koppel.RuleCouplingGives
	}
	return koppel.RuleOnlyGiver
}

func (tx *Tx) lastChanges(ctx context.Context, e *Explanation) error {
	rows, err := tx.tx.Query(ctx, fieldChangesSQL, e.Object.WebshopID, string(e.Object.Object), e.Object.ID)
	if err != nil {
		return err
	}
	var bit int
	var at time.Time
	var run *string
	_, err = pgx.ForEachRow(rows, []any{&bit, &at, &run}, func() error {
		if bit < len(e.Fields) {
			moment := at
			e.Fields[bit].ChangedAt, e.Fields[bit].RunUUID = &moment, run
		}
		return nil
	})
	return err
}
