package api

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/connectors"
	"github.com/koppel-io/koppel/mapping"
	"github.com/koppel-io/koppel/store"
)

// override is a version of a mapping override.
type override struct {
	Level    koppel.OverrideLevel `json:"level" enum:"webshop,coupling" doc:"webshop counts for all its couplings of the connector, coupling for one, over the webshop's"`
	Number   int64                `json:"number" doc:"Version, counted from 1"`
	Digest   string               `json:"digest"`
	Note     string               `json:"note"`
	Actor    string               `json:"actor"`
	At       time.Time            `json:"at"`
	Restores *int64               `json:"restores,omitempty" doc:"The version it brings back; 0 for none at all"`
	Empty    bool                 `json:"empty,omitempty" doc:"The override was taken away"`
	Source   string               `json:"source,omitempty" doc:"The document; left out in lists"`
}

func showOverride(o store.Override) override {
	out := listOverride(o)
	out.Source = o.Source
	return out
}

func listOverride(o store.Override) override {
	return override{Level: o.Level(), Number: o.Number, Digest: o.Digest, Note: o.Note, Actor: o.Actor, At: o.At, Restores: o.Restores, Empty: o.Source == ""}
}

// noted is what the audit keeps of a version; the version itself keeps its source.
func noted(o store.Override) any {
	if o.Number == 0 {
		return nil
	}
	return map[string]any{"level": o.Level(), "connector": o.Connector, "number": o.Number, "digest": o.Digest, "note": o.Note, "restores": o.Restores}
}

// layersOf are overrides as the compiler takes them.
func layersOf(overrides []store.Override) []mapping.Layer {
	return each(overrides, func(o store.Override) mapping.Layer { return mapping.Layer{File: o.File(), Source: []byte(o.Source)} })
}

// fits judges overrides by compiling them over a version's mapping and running their test cases. compiled is a
// version that is only being published; nil for none.
func (s *server) fits(compiled *connectors.Connector) store.Fits {
	return func(ctx context.Context, v store.ConnectorVersion, overrides []store.Override) error {
		base := compiled
		if base == nil || base.Digest != v.Digest {
			var err error
			if base, err = s.Connectors.Version(ctx, v.ID); err != nil {
				return err
			}
		}
		_, err := base.TestOverrides(layersOf(overrides))
		return err
	}
}

// OverridePart is an override in the body of a request.
type OverridePart struct {
	Level  koppel.OverrideLevel `json:"level,omitempty" enum:"webshop,coupling" doc:"coupling when absent"`
	Source string               `json:"source" maxLength:"262144" doc:"The document, YAML; empty for none at all"`
	File   string               `json:"file,omitempty" maxLength:"255" doc:"Its name in messages"`
}

// draft is an override that is not saved, with what it is laid over.
type draft struct {
	level   koppel.OverrideLevel
	base    *connectors.Connector
	inForce []store.Override
	// levels are those of layers.
	levels []koppel.OverrideLevel
	layers []mapping.Layer
}

// draftOver lays a draft over what the coupling would run with, in place of the version in force.
func (s *server) draftOver(ctx context.Context, c store.Coupling, scope store.Scope, part OverridePart) (draft, error) {
	d := draft{level: cmp.Or(part.Level, koppel.OverrideCoupling)}
	var err error
	if d.base, err = s.connectorOf(ctx, c); err != nil {
		return d, err
	}
	if d.inForce, err = s.overridesOf(ctx, scope, c); err != nil {
		return d, err
	}
	for _, level := range koppel.OverrideLevels() {
		if level == d.level && part.Source != "" {
			d.add(level, mapping.Layer{File: cmp.Or(part.File, "override.yaml"), Source: []byte(part.Source)})
		}
		for _, o := range d.inForce {
			if level != d.level && o.Level() == level {
				d.add(level, layersOf([]store.Override{o})[0])
			}
		}
	}
	if c.Hold == nil {
		return d, nil
	}
	// It is meant for the version that the coupling is held back from, where it goes with that one.
	current, err := s.currentConnector(ctx, c.Connector)
	if err != nil {
		return d, err
	}
	if _, err := current.TestOverrides(d.layers); err == nil {
		d.base = current
	}
	return d, nil
}

func (d *draft) add(level koppel.OverrideLevel, layer mapping.Layer) {
	d.levels, d.layers = append(d.levels, level), append(d.layers, layer)
}

// compile gives the connector with the draft, and with what is in force; tests are the cases of the draft.
func (d *draft) compile() (over, before *connectors.Connector, tests int, err error) {
	if before, err = d.base.Over(layersOf(d.inForce)); err != nil {
		before = d.base // held back: what is in force does not go with this version
	}
	cases, err := d.base.TestOverrides(d.layers)
	if err != nil {
		return nil, nil, 0, err
	}
	if i := slices.Index(d.levels, d.level); i >= 0 {
		tests = cases[i]
	}
	over, err = d.base.Over(d.layers)
	return over, before, tests, err
}

func (s *server) overridesOf(ctx context.Context, scope store.Scope, c store.Coupling) ([]store.Override, error) {
	return store.With(ctx, s.Store, scope, func(tx *store.Tx) ([]store.Override, error) { return tx.OverridesInForce(ctx, c.ID) })
}

// overrideError names every mistake of an override at its file, line and column.
func overrideError(op string, err error) error {
	var problems mapping.Problems
	if !errors.As(err, &problems) {
		return err
	}
	bad := &fieldErrors{}
	for _, p := range problems {
		at := fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
		bad.add(at, strings.TrimPrefix(p.String(), at+": "))
	}
	detail := "the override has a mistake"
	if len(problems) > 1 {
		detail = fmt.Sprintf("the override has %d mistakes", len(problems))
	}
	return &koppel.Error{Kind: koppel.KindInvalidRequest, Op: op, Detail: detail + ": see errors", Err: bad}
}

type overrideCheck struct {
	ByID
	Body struct{ OverridePart }
}

// fitting is a draft that compiles and whose test cases pass.
type fitting struct {
	Level   koppel.OverrideLevel `json:"level"`
	Objects []koppel.Object      `json:"objects" nullable:"false" doc:"What it maps otherwise than the version in force"`
	Fields  []mappedField        `json:"fields" nullable:"false" doc:"What it says, by object and stream"`
	Tests   int                  `json:"tests" doc:"Test cases, all of which pass"`
}

func (s *server) checkOverride(ctx context.Context, who caller, in *overrideCheck) (fitting, error) {
	const op = "check override"
	c, scope, err := s.findCoupling(ctx, who, in.ID)
	if err != nil {
		return fitting{}, err
	}
	d, err := s.draftOver(ctx, c, scope, in.Body.OverridePart)
	if err != nil {
		return fitting{}, err
	}
	over, before, tests, err := d.compile()
	if err != nil {
		return fitting{}, overrideError(op, err)
	}
	out := fitting{Level: d.level, Objects: []koppel.Object{}, Fields: []mappedField{}, Tests: tests}
	out.Objects = append(out.Objects, over.Mapping.Differs(before.Mapping)...)
	for _, f := range fieldsOf(over, d.levels) {
		if f.From == string(d.level) {
			out.Fields = append(out.Fields, f)
		}
	}
	return out, nil
}

// overridesOfRun are the overrides that a run pinned; most pin none.
func overridesOfRun(ctx context.Context, tx *store.Tx, ids []int64) ([]store.Override, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	return tx.OverridesByID(ctx, ids)
}
