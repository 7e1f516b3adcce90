package api

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/connectors"
	"github.com/koppel-io/koppel/mapping"
	"github.com/koppel-io/koppel/store"
)

// explanation is an object field by field.
type explanation struct {
	ID      string          `json:"id" format:"uuid"`
	Webshop string          `json:"webshop" format:"uuid"`
	Object  koppel.Object   `json:"object"`
	Sources []explainSource `json:"sources" nullable:"false" doc:"Who says something of it, the first activated first; a person's edit has no coupling"`
	Fields  []explainField  `json:"fields" nullable:"false"`
	Causes  []explainCause  `json:"causes" nullable:"false" doc:"What was different in the runs that changed fields last, the newest first"`
}

type explainSource struct {
	Coupling  string      `json:"coupling,omitempty" format:"uuid"`
	Name      string      `json:"name"`
	Role      koppel.Role `json:"role,omitempty"`
	RemoteID  string      `json:"remote_id"`
	Stream    string      `json:"stream,omitempty"`
	Version   string      `json:"connector_version,omitempty" doc:"The version whose mapping gave the values"`
	Run       string      `json:"run,omitempty" format:"uuid" doc:"The run that changed the source last"`
	ChangedAt time.Time   `json:"changed_at"`
	GoneAt    *time.Time  `json:"gone_at,omitempty"`
}

type explainField struct {
	Field  string           `json:"field"`
	Value  json.RawMessage  `json:"value"`
	Rule   koppel.FieldRule `json:"rule" enum:"only_giver,priority,first_activated,ignore_fields,person,coupling_gives,state,default,nobody"`
	Why    string           `json:"why" doc:"The rule in words"`
	Source *int             `json:"source,omitempty" doc:"Place in sources of the one that gives the value"`
	// Expression and Reads are of the chosen source's mapping.
	Expression string         `json:"expression,omitempty"`
	At         string         `json:"at,omitempty" doc:"File and line of the expression"`
	Override   string         `json:"override,omitempty" doc:"The mapping override that says so, such as coupling 3; absent when the connector does"`
	Reads      []string       `json:"reads,omitempty" doc:"The remote's fields that it reads"`
	Given      []explainGiven `json:"given" nullable:"false" doc:"What each source gives, the strongest first"`
	ChangedAt  *time.Time     `json:"changed_at,omitempty" doc:"As far as the change feed reaches back"`
	Run        string         `json:"run,omitempty" format:"uuid"`
}

type explainGiven struct {
	Source int             `json:"source"`
	Value  json.RawMessage `json:"value"`
	Gone   bool            `json:"gone,omitempty"`
}

// whys are the rules in words.
var whys = map[koppel.FieldRule]string{
	koppel.RuleOnlyGiver:      "no other source gives it",
	koppel.RulePriority:       "its coupling was ranked for this field group",
	koppel.RuleFirstActivated: "of the couplings that give it, this one was activated first",
	koppel.RuleIgnoreFields:   "a person set it, and the couplings' ignore_fields name it",
	koppel.RulePerson:         "a person set it, and no coupling gives it",
	koppel.RuleCouplingGives:  "a coupling gives it; a person's value is kept behind, as no ignore_fields names it",
	koppel.RuleState:          "it follows from whether the object still exists, or a person switched it off",
	koppel.RuleDefault:        "nobody gives it: the default",
	koppel.RuleNobody:         "nobody gives it",
}

func (s *server) explainObject(ctx context.Context, who caller, in *oneObject) (explanation, error) {
	var e store.Explanation
	var webshop string
	names := map[int64]string{}
	_, err := store.Read(ctx, s.Store, who.scope, func(tx *store.Tx) (any, error) {
		var err error
		if e, err = tx.Explain(ctx, in.Object, in.ID); err != nil {
			return nil, err
		}
		webshops, err := tx.WebshopUUIDs(ctx, []int64{e.Object.WebshopID})
		webshop = webshops[e.Object.WebshopID]
		if err != nil {
			return nil, err
		}
		var pinned []int64
		for _, source := range e.Sources {
			pinned = append(pinned, source.Overrides...)
		}
		overrides, err := overridesOfRun(ctx, tx, pinned)
		for _, o := range overrides {
			names[o.ID] = o.Name()
		}
		return nil, err
	})
	if err != nil {
		return explanation{}, err
	}
	causes, err := s.causes(ctx, who.scope, e)
	if err != nil {
		return explanation{}, err
	}
	out := explanation{Causes: causes, ID: e.Object.UUID, Webshop: webshop, Object: in.Object, Sources: []explainSource{}, Fields: []explainField{}}
	mappings, overrides := make([]map[string]mapping.FieldSource, len(e.Sources)), make([][]int64, len(e.Sources))
	for i, source := range e.Sources {
		shown := explainSource{
			Coupling: source.Coupling, Name: source.Name, Role: source.Role, RemoteID: source.RemoteID, Stream: source.Stream,
			Run: text(source.RunUUID), ChangedAt: source.ChangedAt, GoneAt: source.GoneAt,
		}
		if source.CouplingID == 0 {
			shown.Name = "a person's own edit"
		}
		if source.VersionID != nil {
			c, err := s.Connectors.Over(ctx, *source.VersionID, e.Object.WebshopID, source.Overrides)
			if err != nil {
				return explanation{}, err
			}
			shown.Version, mappings[i] = c.Version, expressions(c, source.Stream, in.Object)
			overrides[i] = source.Overrides
		}
		out.Sources = append(out.Sources, shown)
	}
	shown := values{in.Object.Fields(), e.Object.Values}
	whole, err := json.Marshal(shown)
	if err != nil {
		return explanation{}, koppel.Wrap("explain object", err)
	}
	var byField map[string]json.RawMessage
	if err := json.Unmarshal(whole, &byField); err != nil {
		return explanation{}, koppel.Wrap("explain object", err)
	}
	for _, f := range e.Fields {
		out.Fields = append(out.Fields, showWhy(f, byField[f.Field], mappings, overrides, names))
	}
	return out, nil
}

func showWhy(f store.FieldWhy, value json.RawMessage, mappings []map[string]mapping.FieldSource, overrides [][]int64, names map[int64]string) explainField {
	out := explainField{Field: f.Field, Value: value, Rule: f.Rule, Why: whys[f.Rule], ChangedAt: f.ChangedAt, Run: text(f.RunUUID), Given: []explainGiven{}}
	for _, g := range f.Given {
		out.Given = append(out.Given, explainGiven{Source: g.Source, Value: g.Value, Gone: g.Gone})
	}
	if f.Chosen < 0 {
		return out
	}
	chosen := f.Chosen
	out.Source = &chosen
	x, ok := mappings[chosen][f.Field]
	if !ok {
		x, ok = mappings[chosen][f.Field+".each"]
	}
	if !ok {
		return out
	}
	out.Expression, out.Reads, out.At = x.Expression, x.Reads, placeOf(x)
	layer := x.Layer
	for name, x := range mappings[chosen] {
		if strings.HasPrefix(name, f.Field+".") {
			layer = max(layer, x.Layer) // some field of the lines
		}
	}
	if layer > 0 && layer <= len(overrides[chosen]) {
		out.Override = names[overrides[chosen][layer-1]]
	}
	return out
}

// expressions are a version's expressions for an object from a stream, by field.
func expressions(c *connectors.Connector, stream string, object koppel.Object) map[string]mapping.FieldSource {
	byField := map[string]mapping.FieldSource{}
	for _, program := range c.Mapping.ByStream(stream) {
		if program.Object() == object {
			for _, f := range program.Fields() {
				byField[f.Field] = f
			}
		}
	}
	return byField
}

func placeOf(x mapping.FieldSource) string { return fmt.Sprintf("%s:%d", x.File, x.Line) }
