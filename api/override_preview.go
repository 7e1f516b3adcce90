package api

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/connectors"
	"github.com/koppel-io/koppel/mapping"
	"github.com/koppel-io/koppel/store"
)

type overridePreview struct {
	ByID
	Body struct {
		OverridePart
		Number *int64        `json:"number,omitempty" minimum:"0" doc:"A saved version in place of source; 0 for none at all"`
		Object koppel.Object `json:"object,omitempty" doc:"Only this object; all that are mapped otherwise when absent"`
		Sample *int          `json:"sample,omitempty" minimum:"0" maximum:"20" doc:"How many examples to show; 10 when absent"`
	}
}

// preview is what a draft would change of what is stored.
type preview struct {
	Level    koppel.OverrideLevel `json:"level"`
	Objects  []previewCounts      `json:"objects" nullable:"false" doc:"By object that is mapped otherwise"`
	LookedAt int64                `json:"looked_at" doc:"Stored records, or groups of them, that were mapped"`
	Stored   int64                `json:"stored" doc:"How many there are; a preview stops at 100000 and after 10 seconds"`
	Sample   []foreseenObject     `json:"sample" nullable:"false" doc:"Empty for a key that may not read objects"`
}

// previewCounts are what the coupling would give of one object.
type previewCounts struct {
	Object  koppel.Object    `json:"object"`
	Made    int64            `json:"made"`
	Changed int64            `json:"changed"`
	Gone    int64            `json:"gone" doc:"The mapping would leave it out"`
	Parked  int64            `json:"parked" doc:"It could not be mapped; what is stored of it would stay"`
	Same    int64            `json:"same"`
	Fields  map[string]int64 `json:"fields" doc:"By field: how many of the changed have another value"`
}

// foreseenObject is one object before and after.
type foreseenObject struct {
	Object   koppel.Object         `json:"object"`
	Change   koppel.ForeseenChange `json:"change" enum:"made,changed,gone,parked"`
	Stream   string                `json:"stream"`
	RecordID string                `json:"record_id"`
	RemoteID string                `json:"remote_id,omitempty" doc:"Absent when it could not be mapped"`
	Fields   []previewField        `json:"fields,omitempty" doc:"What differs"`
	Reason   string                `json:"reason,omitempty" doc:"Why it would be parked"`
}

type previewField struct {
	Field  string          `json:"field"`
	Before json.RawMessage `json:"before,omitempty" doc:"Absent when nothing is given; a long value is a text that is cut"`
	After  json.RawMessage `json:"after,omitempty"`
}

const (
	previewMost  = 100_000
	previewTime  = 10 * time.Second
	previewShown = 10
	// shownMost is the longest value in a preview, in bytes of JSON.
	shownMost = 200
)

func (s *server) previewOverride(ctx context.Context, who caller, in *overridePreview) (preview, error) {
	const op = "preview override"
	b := &in.Body
	c, scope, err := s.findCoupling(ctx, who, in.ID)
	if err != nil {
		return preview{}, err
	}
	if b.Number != nil {
		if b.Source != "" {
			return preview{}, koppel.E(koppel.KindInvalidRequest, op, "give either source or number")
		}
		key := store.OverrideKey{Coupling: in.ID, Level: cmp.Or(b.Level, koppel.OverrideCoupling)}
		if *b.Number > 0 {
			saved, err := store.With(ctx, s.Store, scope, func(tx *store.Tx) (store.Override, error) { return tx.Override(ctx, key, *b.Number) })
			if err != nil {
				return preview{}, err
			}
			b.Source, b.File = saved.Source, saved.File()
		}
	}
	d, err := s.draftOver(ctx, c, scope, b.OverridePart)
	if err != nil {
		return preview{}, err
	}
	over, before, _, err := d.compile()
	if err != nil {
		return preview{}, overrideError(op, err)
	}
	objects := over.Mapping.Differs(before.Mapping)
	if b.Object != "" {
		if !slices.Contains(over.Mapping.Objects(), b.Object) {
			return preview{}, koppel.E(koppel.KindInvalidRequest, op, fmt.Sprintf("the connector maps no %s", b.Object))
		}
		objects = []koppel.Object{b.Object}
	}
	settings, err := settingsOf(c, over)
	if err != nil {
		return preview{}, err
	}
	objects = slices.DeleteFunc(objects, func(o koppel.Object) bool { on, _ := over.Pulls(o, settings); return !on })
	sample := previewShown
	if b.Sample != nil {
		sample = *b.Sample
	}
	if !who.key.Allows(objectsRead) {
		sample = 0
	}
	ctx, cancel := context.WithTimeout(ctx, 2*previewTime)
	defer cancel()
	return s.foresee(ctx, c, over, settings, objects, sample, d.level)
}

// foresee maps what is stored for the objects and compares it.
func (s *server) foresee(ctx context.Context, c store.Coupling, over *connectors.Connector, settings map[string]any, objects []koppel.Object, sample int, level koppel.OverrideLevel) (preview, error) {
	r := &rehearsal{
		db: s.Store, coupling: c, mapping: over.Mapping, objects: objects, ids: map[string]int64{}, until: time.Now().Add(previewTime), left: previewMost,
		evaluator: mapping.NewEvaluator(over.Mapping, mapping.Env{Settings: settings, Version: c.RemoteVersion, Now: time.Now()}),
	}
	t := newTally(objects, sample)
	out := preview{Level: level}
	var streams []string
	for _, object := range objects {
		for _, stream := range over.Mapping.From(object) {
			if !slices.Contains(streams, stream) {
				streams = append(streams, stream)
			}
		}
	}
	for _, name := range streams {
		stored, looked, err := r.stream(ctx, name, func(f store.Foreseen) error { return t.add(name, f) })
		if err != nil {
			return preview{}, err
		}
		out.Stored, out.LookedAt = out.Stored+stored, out.LookedAt+looked
	}
	out.Objects, out.Sample = t.counts, t.sample()
	return out, nil
}

// tally counts what is foreseen and keeps examples of every kind of change.
type tally struct {
	counts []previewCounts
	at     map[koppel.Object]int
	most   int
	kept   map[koppel.ForeseenChange][]foreseenObject
}

func newTally(objects []koppel.Object, most int) *tally {
	t := &tally{counts: []previewCounts{}, at: map[koppel.Object]int{}, most: most, kept: map[koppel.ForeseenChange][]foreseenObject{}}
	for i, object := range objects {
		t.counts, t.at[object] = append(t.counts, previewCounts{Object: object, Fields: map[string]int64{}}), i
	}
	return t
}

func (t *tally) add(stream string, f store.Foreseen) error {
	n := &t.counts[t.at[f.Object]]
	switch f.Change {
	case koppel.ForeseenSame:
		n.Same++
		return nil
	case koppel.ForeseenMade:
		n.Made++
	case koppel.ForeseenChanged:
		n.Changed++
	case koppel.ForeseenGone:
		n.Gone++
	case koppel.ForeseenParked:
		n.Parked++
	}
	p := foreseenObject{Object: f.Object, Change: f.Change, Stream: stream, RecordID: f.RecordID, RemoteID: f.RemoteID, Reason: f.Reason}
	if f.Field != "" {
		p.Reason = f.Field + ": " + f.Reason
	}
	keep := len(t.kept[f.Change]) < t.most
	fields := f.Object.Fields()
	for i := range max(len(f.Before), len(f.After)) {
		before, after := slot(f.Before, i), slot(f.After, i)
		same, known := sameValue(before, after)
		if same {
			continue
		}
		if known && !keep {
			n.differs(f.Change, fields[i].Name)
			continue
		}
		was, err := cutValue(fields[i], before)
		if err != nil {
			return err
		}
		is, err := cutValue(fields[i], after)
		if err != nil {
			return err
		}
		if string(was.whole) == string(is.whole) {
			continue
		}
		n.differs(f.Change, fields[i].Name)
		if keep {
			p.Fields = append(p.Fields, previewField{fields[i].Name, was.cut, is.cut})
		}
	}
	if keep {
		t.kept[f.Change] = append(t.kept[f.Change], p)
	}
	return nil
}

func (n *previewCounts) differs(change koppel.ForeseenChange, field string) {
	if change == koppel.ForeseenChanged {
		n.Fields[field]++
	}
}

// sameValue compares values without showing them; known is false for those that only their text tells apart.
func sameValue(a, b any) (same, known bool) {
	switch x := a.(type) {
	case nil, string, int64, bool, koppel.Null:
		return a == b, true
	case decimal.Decimal:
		y, ok := b.(decimal.Decimal)
		return ok && x.Equal(y), true
	case time.Time:
		y, ok := b.(time.Time)
		return ok && x.Equal(y), true
	}
	return false, false
}

func slot(values koppel.Values, i int) any {
	if i < len(values) {
		return values[i]
	}
	return nil
}

type shownValue struct{ whole, cut json.RawMessage }

// cutValue shows a value; nothing when there is none.
func cutValue(f koppel.Field, value any) (v shownValue, err error) {
	if value == nil {
		return v, nil
	}
	if v.whole, err = mapping.ShowValue(f, value); err != nil || len(v.whole) <= shownMost {
		v.cut = v.whole
		return v, err
	}
	v.cut, err = json.Marshal(strings.ToValidUTF8(string(v.whole[:shownMost]), "") + "…")
	return v, err
}

// sample are the examples, of every kind of change by turns.
func (t *tally) sample() []foreseenObject {
	sample := []foreseenObject{}
	kinds := []koppel.ForeseenChange{koppel.ForeseenParked, koppel.ForeseenGone, koppel.ForeseenChanged, koppel.ForeseenMade}
	for i := 0; i < t.most; i++ {
		for _, kind := range kinds {
			if i < len(t.kept[kind]) && len(sample) < t.most {
				sample = append(sample, t.kept[kind][i])
			}
		}
	}
	slices.SortStableFunc(sample, func(a, b foreseenObject) int {
		return cmp.Compare(slices.Index(kinds, a.Change), slices.Index(kinds, b.Change))
	})
	return sample
}
