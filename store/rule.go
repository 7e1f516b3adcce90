package store

import (
	"context"
	"encoding/json"
	"math"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
)

const setRulesSQL = `UPDATE coupling SET rules = @rules WHERE id = @id AND rules <> @rules::jsonb`

// SetRules keeps how a coupling takes part in the consolidation, by object; an object that is left out is primary and
// found by remote id only. It reports whether that changes anything.
func (tx *Tx) SetRules(ctx context.Context, id string, rules map[koppel.Object]koppel.Rule) (changed bool, err error) {
	const op = "set rules of coupling"
	c, err := tx.lockCoupling(ctx, op, id)
	if err != nil {
		return false, err
	}
	text, err := json.Marshal(rules)
	if err != nil {
		return false, wrap(op, err)
	}
	n, err := tx.exec(ctx, setRulesSQL, pgx.StrictNamedArgs{"id": c.ID, "rules": string(text)})
	return n > 0, wrap(op, err)
}

// participant is a coupling as it takes part in the consolidation of its webshop.
type participant struct {
	ID       int64                                `json:"id"`
	Priority int64                                `json:"priority"`
	Rules    map[koppel.Object]koppel.Rule        `json:"rules"`
	Ranks    map[koppel.Object]map[string]float64 `json:"ranks"`
	// Pushes is what its remote gets from us.
	Pushes []koppel.Object `json:"pushes"`
	// Draft: it has written nothing yet.
	Draft bool `json:"draft"`
	// Shadow: nothing is written to its remote.
	Shadow bool `json:"shadow"`
}

// participantsSQL are the couplings of webshop $1, removed ones too: their objects are still there.
const participantsSQL = `(SELECT json_agg(json_build_object('id', o.id, 'priority', o.priority, 'rules', o.rules, 'ranks', o.ranks, 'pushes', o.pushes, 'draft', o.state = 'draft', 'shadow', EXISTS (SELECT FROM push_stop x WHERE x.coupling_id = o.id AND x.shadow AND x.ended_at IS NULL)) ORDER BY o.id)::text
        FROM coupling o WHERE o.webshop_id = $1::bigint)`

func readParticipants(text string) (map[int64]*participant, error) {
	var list []*participant
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		return nil, err
	}
	byID := make(map[int64]*participant, len(list))
	for _, p := range list {
		byID[p.ID] = p
	}
	return byID, nil
}

// rule is the coupling's rule for an object.
func (p *participant) rule(object koppel.Object) koppel.Rule {
	rule, ok := p.Rules[object]
	if !ok {
		rule.Role, rule.Key = koppel.RolePrimary, koppel.ByRemoteID
	}
	return rule
}

// rank is the coupling's place for a field group: what a person ranked comes first, then what activated first;
// who takes stock from us comes last for it.
func (p *participant) rank(object koppel.Object, group string) float64 {
	if place, ok := p.Ranks[object][group]; ok {
		return place
	}
	if p.Priority == 0 {
		return math.MaxFloat64 // not activated yet
	}
	const unranked = 1 << 32
	if object == koppel.Products && group == "stock" && slices.Contains(p.Pushes, koppel.Stock) {
		return 2*unranked + float64(p.Priority) // it takes stock, so any other coupling gives it
	}
	return unranked + float64(p.Priority)
}

// byStrength orders couplings' sources for a field group, the strongest first.
func byStrength(object koppel.Object, group string) func(a, b *source) int {
	return func(a, b *source) int {
		switch {
		case a.coupling != b.coupling:
			x, y := a.by.rank(object, group), b.by.rank(object, group)
			if x == y {
				x, y = float64(a.coupling), float64(b.coupling)
			}
			if x < y {
				return -1
			}
			return 1
		}
		return strings.Compare(a.remoteID, b.remoteID)
	}
}

// primary reports whether the object's existence follows the source. A person's edit adds values only.
func (s *source) primary(object koppel.Object) bool {
	return s.by != nil && s.by.rule(object).Role != koppel.RoleSecondary
}

// choose finds whose value field i of the object has: the strongest source that gives it; a person's edit before those
// whose coupling ignores the field, and after the others. order is by strength.
func choose(t *table, order []*source, i int) *source {
	var person, ignored *source
	for _, s := range order {
		if s.by == nil && s.values[i] != nil {
			person = s
		}
	}
	for _, s := range order {
		if s.values[i] == nil || s.by == nil {
			continue
		}
		if person != nil && slices.Contains(s.by.rule(t.object).Ignore, t.fields[i].Name) {
			if ignored == nil {
				ignored = s
			}
			continue
		}
		return s
	}
	if person != nil {
		return person
	}
	return ignored
}
