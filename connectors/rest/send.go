package rest

import (
	"context"
	"fmt"
	"maps"
	"net/http"

	"github.com/koppel-io/koppel"
)

// PushResult is what a push or its lookup gave.
type PushResult struct {
	// ID is the remote's id of the object.
	ID string
	// Lines are the remote's ids of our lines, by our position; empty where
	// the remote did not tell.
	Lines []string
}

// UnknownOutcome is the error of a push of which nobody can tell whether the
// remote carried it out: no whole answer, a fault of the remote after it had
// the request, or an answer that cannot be understood. It wraps a
// *koppel.Error. Look the object up with FindPushed before sending it again.
type UnknownOutcome struct{ Err error }

// Error is the cause's text.
func (e *UnknownOutcome) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *UnknownOutcome) Unwrap() error { return e.Err }

// Push writes an object: op is "create". vars holds the variable object: a map
// with the object's fields by name, references as remote ids, and its lines as
// a list of maps under lines. A push is never repeated here. An error that is
// no [UnknownOutcome] means that the remote certainly did not do it.
func (c *Client) Push(ctx context.Context, object koppel.Object, op string, vars map[string]any) (PushResult, error) {
	what := op + " " + string(object)
	push := c.manifest.Push[object]
	if push == nil || push.Create == nil || op != "create" {
		return PushResult{}, koppel.E(koppel.KindInvalidRequest, what, "connector "+c.manifest.Connector+" cannot "+op+" "+string(object))
	}
	step := push.Create
	env := maps.Clone(c.env)
	maps.Copy(env, vars)
	call, err := c.build(what, &step.Request, env)
	if err != nil {
		return PushResult{}, &koppel.Error{Kind: koppel.KindMapping, Op: what, Detail: c.redact.text(koppel.DetailOf(err))}
	}
	call.idempotent = false
	a, err := c.exchange(ctx, call)
	defer a.release()
	if err != nil {
		return PushResult{}, outcome(a, err)
	}
	return c.sent(ctx, a, step, env, vars)
}

// outcome tells a certain refusal from an unknown outcome. A request that
// never left, and one that the remote refused by status, were not carried out.
func outcome(a *answer, err error) error {
	if a == nil || !a.sent || a.status >= 300 && a.status < 500 && a.status != http.StatusRequestTimeout {
		return err
	}
	return &UnknownOutcome{err}
}

// sent reads the answer of a push that the remote took.
func (c *Client) sent(ctx context.Context, a *answer, step *PushStep, env, vars map[string]any) (PushResult, error) {
	body, decodeErr := decodeJSON(a.body.data)
	if step.Success != nil {
		ok, err := step.Success.holds(c.responseEnv(a, step.Success.source))
		switch {
		case err != nil || decodeErr != nil:
			return PushResult{}, &UnknownOutcome{c.drift(ctx, a, "the answer to the push cannot be understood")}
		case !ok:
			a.rule = "success" // the remote's own words are wanted in spite of the status
			return PushResult{}, c.failed(ctx, a, koppel.E(koppel.KindInvalidRequest, "", c.detail(a)))
		}
	}
	if decodeErr != nil {
		return PushResult{}, &UnknownOutcome{c.drift(ctx, a, "the answer to the push is not JSON")}
	}
	env = with(env, "body", body)
	id, err := step.ID.eval(env)
	if err != nil || textOf(id) == "" {
		return PushResult{}, &UnknownOutcome{c.drift(ctx, a, "the answer to the push has no id ("+step.ID.source+")")}
	}
	lines, err := step.Lines.match(env, vars)
	if err != nil {
		c.log.WarnContext(ctx, "match pushed lines", "error", c.redact.text(err.Error()))
	}
	return PushResult{ID: textOf(id), Lines: lines}, nil
}

// FindPushed looks an object up in the remote by the manifest's find, which
// uses our reference; found is false when the remote does not have it. It may be repeated. Several matches are a conflict.
func (c *Client) FindPushed(ctx context.Context, object koppel.Object, vars map[string]any) (result PushResult, found bool, err error) {
	op := "find " + string(object)
	push := c.manifest.Push[object]
	if push == nil || push.Find == nil {
		return PushResult{}, false, koppel.E(koppel.KindInvalidRequest, op, "connector "+c.manifest.Connector+" cannot find "+string(object))
	}
	find := push.Find
	env := maps.Clone(c.env)
	maps.Copy(env, vars)
	at := find.Records
	if at.Path == "" {
		at.Path = "@"
	}
	records, err := c.lookUpPushed(ctx, op, find, at, env)
	if err != nil {
		return PushResult{}, false, err
	}
	for _, record := range records {
		inner := with(env, "record", record)
		if find.Where != nil {
			ours, err := find.Where.holds(inner)
			if err != nil {
				return PushResult{}, false, koppel.E(koppel.KindMapping, op, c.redact.text(err.Error()))
			}
			if !ours {
				continue
			}
		}
		id, err := find.ID.eval(inner)
		if err != nil || textOf(id) == "" {
			return PushResult{}, false, koppel.E(koppel.KindSchemaDrift, op, "a record has no id ("+find.ID.source+")")
		}
		if found {
			return PushResult{}, false, koppel.E(koppel.KindConflict, op, fmt.Sprintf("the remote has it twice: %s and %s", result.ID, textOf(id)))
		}
		lines, err := find.Lines.match(inner, vars)
		if err != nil {
			return PushResult{}, false, koppel.E(koppel.KindMapping, op, c.redact.text(err.Error()))
		}
		result, found = PushResult{ID: textOf(id), Lines: lines}, true
	}
	return result, found, nil
}

// lookUpPushed makes the lookup and decodes its records.
func (c *Client) lookUpPushed(ctx context.Context, op string, find *PushFind, at Selector, env map[string]any) ([]any, error) {
	call, err := c.build(op, &find.Request, env)
	if err != nil {
		return nil, &koppel.Error{Kind: koppel.KindMapping, Op: op, Detail: c.redact.text(koppel.DetailOf(err))}
	}
	a, err := c.exchange(ctx, call)
	defer a.release()
	if koppel.KindOf(err) == koppel.KindNotFound || err == nil && a.then != "" {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	body, err := decodeJSON(a.body.data)
	if err != nil {
		return nil, c.drift(ctx, a, "the answer is not JSON")
	}
	value, ok := lookUp(body, at.Path)
	switch v := value.(type) {
	case []any:
		return v, nil
	case map[string]any:
		return []any{v}, nil
	case nil:
		if ok || at.Optional {
			return nil, nil
		}
	}
	return nil, c.drift(ctx, a, "the answer has no records at "+at.Path)
}

// match gives the remote's id of each of our lines.
func (l *PushLines) match(env, vars map[string]any) ([]string, error) {
	if l == nil {
		return nil, nil
	}
	theirs, err := l.Each.list(env)
	if err != nil {
		return nil, err
	}
	object, _ := vars["object"].(map[string]any)
	ours := listOf(object["lines"])
	ids := make([]string, len(ours))
	taken := make([]bool, len(ours))
	for i, item := range theirs {
		inner := with(env, "item", item)
		id, err := l.ID.eval(inner)
		if err != nil {
			return ids, err
		}
		at, err := l.place(i, inner, ours, taken)
		if err != nil {
			return ids, err
		}
		if at >= 0 {
			taken[at], ids[at] = true, textOf(id)
		}
	}
	return ids, nil
}

// place finds our line for the remote's item at i; -1 when there is none.
func (l *PushLines) place(i int, env map[string]any, ours []any, taken []bool) (int, error) {
	if l.Match == nil {
		if i < len(ours) {
			return i, nil
		}
		return -1, nil
	}
	for at, line := range ours {
		if taken[at] {
			continue
		}
		same, err := l.Match.holds(with(env, "line", line))
		if err != nil || same {
			return at, err
		}
	}
	return -1, nil
}

func listOf(value any) []any {
	switch v := value.(type) {
	case []any:
		return v
	case []map[string]any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = v[i]
		}
		return list
	}
	return nil
}
