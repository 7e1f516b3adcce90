package api

import (
	"context"
	"fmt"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/connectors"
	"github.com/koppel-io/koppel/store"
)

// mappingShown is the mapping that a coupling would run with now.
type mappingShown struct {
	Coupling         string        `json:"coupling" format:"uuid"`
	Connector        string        `json:"connector"`
	ConnectorVersion string        `json:"connector_version"`
	Hold             string        `json:"hold,omitempty" doc:"Why the coupling does not follow the connector's current version"`
	Overrides        []override    `json:"overrides" nullable:"false" doc:"Those in force, the stronger one last"`
	Fields           []mappedField `json:"fields" nullable:"false" doc:"Every expression, in the order of objects, streams and fields"`
}

// mappedField is one expression of a mapping.
type mappedField struct {
	Object     koppel.Object `json:"object"`
	Stream     string        `json:"stream"`
	Field      string        `json:"field" doc:"A field's name, of lines after lines., or where, remote_id, each"`
	Expression string        `json:"expression"`
	Reads      []string      `json:"reads" nullable:"false" doc:"The remote's fields that it reads"`
	From       string        `json:"from" enum:"connector,webshop,coupling" doc:"Who says so: the connector, or which override"`
	At         string        `json:"at" doc:"File and line"`
}

func (s *server) showMapping(ctx context.Context, who caller, in *ByID) (mappingShown, error) {
	c, scope, err := s.findCoupling(ctx, who, in.ID)
	if err != nil {
		return mappingShown{}, err
	}
	base, err := s.connectorOf(ctx, c)
	if err != nil {
		return mappingShown{}, err
	}
	inForce, err := s.overridesOf(ctx, scope, c)
	if err != nil {
		return mappingShown{}, err
	}
	over, err := base.Over(layersOf(inForce))
	if err != nil {
		return mappingShown{}, overrideError("show mapping", err)
	}
	return mappingShown{
		Coupling: c.UUID, Connector: c.Connector, ConnectorVersion: base.Version, Hold: text(c.Hold),
		Overrides: each(inForce, showOverride), Fields: fieldsOf(over, each(inForce, store.Override.Level)),
	}, nil
}

// fieldsOf are all expressions of a connector; levels are those of the overrides laid over it.
func fieldsOf(c *connectors.Connector, levels []koppel.OverrideLevel) []mappedField {
	fields := []mappedField{}
	for _, object := range c.Mapping.Objects() {
		for _, stream := range c.Mapping.From(object) {
			for _, p := range c.Mapping.ByStream(stream) {
				if p.Object() != object {
					continue
				}
				for _, f := range p.Fields() {
					shown := mappedField{Object: object, Stream: stream, Field: f.Field, Expression: f.Expression, Reads: f.Reads, From: "connector", At: fmt.Sprintf("%s:%d", f.File, f.Line)}
					if f.Layer > 0 {
						shown.From = string(levels[f.Layer-1])
					}
					if shown.Reads == nil {
						shown.Reads = []string{}
					}
					fields = append(fields, shown)
				}
			}
		}
	}
	return fields
}

type overrideList struct {
	ByID
	Paging
	Level koppel.OverrideLevel `query:"level" enum:"webshop,coupling" default:"coupling"`
}

func (s *server) listOverrides(ctx context.Context, who caller, in *overrideList) (pageBody[override], error) {
	return store.With(ctx, s.Store, who.scope, func(tx *store.Tx) (pageBody[override], error) {
		page, err := tx.Overrides(ctx, store.OverrideKey{Coupling: in.ID, Level: in.Level}, in.Limit, in.Cursor)
		return pageOf(page, listOverride), err
	})
}

type oneOverride struct {
	ByID
	Number int64                `path:"number" minimum:"1"`
	Level  koppel.OverrideLevel `query:"level" enum:"webshop,coupling" default:"coupling"`
}

func (s *server) getOverride(ctx context.Context, who caller, in *oneOverride) (override, error) {
	return store.With(ctx, s.Store, who.scope, func(tx *store.Tx) (override, error) {
		o, err := tx.Override(ctx, store.OverrideKey{Coupling: in.ID, Level: in.Level}, in.Number)
		return showOverride(o), err
	})
}

type overrideDiff struct {
	ByID
	Level koppel.OverrideLevel `query:"level" enum:"webshop,coupling" default:"coupling"`
	From  int64                `query:"from" minimum:"-1" default:"-1" doc:"The version before to when it is -1; 0 is none at all"`
	To    int64                `query:"to" minimum:"0" doc:"The newest version when it is 0"`
}

// difference is what changed between two versions.
type difference struct {
	From int64  `json:"from"`
	To   int64  `json:"to"`
	Diff string `json:"diff" doc:"Lines that go begin with -, lines that come with +; empty when the versions are the same"`
}

func (s *server) diffOverrides(ctx context.Context, who caller, in *overrideDiff) (difference, error) {
	key := store.OverrideKey{Coupling: in.ID, Level: in.Level}
	return store.With(ctx, s.Store, who.scope, func(tx *store.Tx) (difference, error) {
		to, err := tx.LastOverride(ctx, key)
		if err == nil && in.To != 0 {
			to, err = tx.Override(ctx, key, in.To)
		}
		if err != nil {
			return difference{}, err
		}
		if to.Number == 0 {
			return difference{}, koppel.E(koppel.KindNotFound, "compare overrides", "the "+string(in.Level)+" has no mapping override, and never had one")
		}
		var from store.Override
		if number := in.From; number != 0 {
			if number < 0 {
				number = to.Number - 1
			}
			if number > 0 {
				if from, err = tx.Override(ctx, key, number); err != nil {
					return difference{}, err
				}
			}
		}
		return difference{From: from.Number, To: to.Number, Diff: lineDiff(from.Source, to.Source)}, nil
	})
}
