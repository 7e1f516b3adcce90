package rest

import (
	"slices"
	"time"
)

// NewRead is what is read because a record of a stream is new: what a new sell
// order names has another stock now, where the remote does not tell that.
type NewRead struct {
	When  *Expr  `y:"when" doc:"Condition on the new record; of several rules, each that applies counts"`
	Reads string `y:"reads,required" doc:"Stream of which the records with the ids are read singly"`
	ID    *Expr  `y:"id,required" doc:"Id of the record, or a list of ids; null and empty ones are left out"`
	// Gather is how long more is gathered, so that what many records name is read once.
	Gather time.Duration `y:"gather" doc:"For how long it is gathered before it is read; 10s when absent"`
}

const newGather = 10 * time.Second

// checkNew holds what new records name to streams whose records can be read
// singly. Those name nothing themselves, so that no read leads to another
// without end.
func (s *Stream) checkNew(d *decoder, n *node, all Streams) {
	for _, one := range append([]*Stream{s}, s.alternatives()...) {
		for i := range one.New {
			r, at := &one.New[i], n.get(s.Name).get("new")
			if at != nil && at.kind == listNode && i < len(at.items) {
				at = at.items[i]
			}
			if at == nil {
				at = n.get(s.Name)
			}
			named := slices.IndexFunc(all, func(other *Stream) bool { return other.Name == r.Reads })
			switch {
			case named < 0:
				d.fail(at, "new: reads names no stream: %s", r.Reads)
			case all[named] == s:
				d.fail(at, "new: a record of %s cannot name others of it", s.Name)
			case !slices.ContainsFunc(append([]*Stream{all[named]}, all[named].alternatives()...), func(o *Stream) bool { return o.One != nil }):
				d.fail(at, "new: stream %s has no one: by what is a single record read?", r.Reads)
			case slices.ContainsFunc(append([]*Stream{all[named]}, all[named].alternatives()...), func(o *Stream) bool { return len(o.New) > 0 }):
				d.fail(at, "new: the records of %s name others themselves; one step is supported", r.Reads)
			}
			if r.Gather == 0 {
				r.Gather = newGather
			}
		}
	}
}

// NewReads says which records are to be read because the record is new.
func (c *Client) NewReads(s *Stream, record []byte) ([]Effect, error) {
	if len(s.New) == 0 {
		return nil, nil
	}
	env, err := c.recordEnv(record)
	if err != nil {
		return nil, err
	}
	op := "find what a new record of " + s.Name + " names"
	var effects []Effect
	for i := range s.New {
		rule := &s.New[i]
		if rule.When != nil {
			if holds, err := rule.When.holds(env); err != nil {
				return nil, c.unclear(op, err)
			} else if !holds {
				continue
			}
		}
		value, err := rule.ID.eval(env)
		if err != nil {
			return nil, c.unclear(op, err)
		}
		if ids := idList(value); len(ids) > 0 {
			effects = append(effects, Effect{Stream: rule.Reads, IDs: ids, Gather: rule.Gather})
		}
	}
	return effects, nil
}

// idList are the ids of a value that is one, or a list of them, each once.
func idList(value any) (ids []string) {
	list, ok := value.([]any)
	if !ok {
		list = []any{value}
	}
	for _, one := range list {
		if id := textOf(one); id != "" && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}
