package rest

import (
	"context"
	"fmt"
	"maps"

	"github.com/koppel-io/koppel"
)

// FindPushed looks an object up in the remote by the manifest's find, which
// uses our reference; found is false when the remote does not have it. It may
// be repeated. Several matches are a conflict.
func (c *Client) FindPushed(ctx context.Context, object koppel.Object, vars map[string]any) (result PushResult, found bool, err error) {
	record, result, err := c.findPushed(ctx, object, vars)
	return result, record != nil, err
}

// findPushed is FindPushed with the record itself.
func (c *Client) findPushed(ctx context.Context, object koppel.Object, vars map[string]any) (found any, result PushResult, err error) {
	op := "find " + string(object)
	push := c.manifest.Push[object]
	if push == nil || push.Find == nil {
		return nil, result, koppel.E(koppel.KindInvalidRequest, op, "connector "+c.manifest.Connector+" cannot find "+string(object))
	}
	find := push.Find
	env := maps.Clone(c.env)
	maps.Copy(env, vars)
	records, err := c.candidates(ctx, op, find, env)
	if err != nil {
		return nil, result, err
	}
	for _, record := range records {
		inner := with(env, "record", record)
		if find.Where != nil {
			ours, err := find.Where.holds(inner)
			if err != nil {
				return nil, result, koppel.E(koppel.KindMapping, op, c.redact.text(err.Error()))
			}
			if !ours {
				continue
			}
		}
		id, err := find.ID.eval(inner)
		if err != nil || textOf(id) == "" {
			return nil, result, koppel.E(koppel.KindSchemaDrift, op, "a record has no id ("+find.ID.source+")")
		}
		if found != nil && result.ID != textOf(id) {
			return nil, result, koppel.E(koppel.KindConflict, op, fmt.Sprintf("the remote has it twice: %s and %s", result.ID, textOf(id)))
		}
		lines, _, err := find.Lines.match(inner, vars)
		if err != nil {
			return nil, result, koppel.E(koppel.KindMapping, op, c.redact.text(err.Error()))
		}
		found, result = record, PushResult{ID: textOf(id), Lines: lines}
	}
	return found, result, nil
}

// candidates are the records among which an object is looked for: one answer,
// or the pages of it up to the first that is not full.
func (c *Client) candidates(ctx context.Context, op string, find *PushFind, env map[string]any) ([]any, error) {
	if find.Page == nil {
		return c.lookUpPushed(ctx, op, &find.Request, find.Records, env)
	}
	s := &Stream{Request: find.Request, Page: *find.Page}
	pages, err := newPager(c, s, env, part{})
	if err != nil {
		return nil, err
	}
	var all []any
	at := fmt.Sprint(pages.first)
	for range find.Page.Most {
		call, err := pages.request(at)
		if err != nil {
			return nil, &koppel.Error{Kind: koppel.KindMapping, Op: op, Detail: c.redact.text(koppel.DetailOf(err))}
		}
		rows, err := c.recordsOf(ctx, call, find.Records)
		if err != nil {
			return nil, err
		}
		all = append(all, rows...)
		if len(rows) < pages.size {
			return all, nil
		}
		at = fmt.Sprint(pages.number(at) + pages.step())
	}
	return nil, koppel.E(koppel.KindTooLarge, op, fmt.Sprintf("the look-up did not end within %d pages; it must be narrower", find.Page.Most))
}

// onePushed reads what the remote has under an id; nil when it has nothing.
// removed are its lines that are none of ours.
func (c *Client) onePushed(ctx context.Context, one *PushOne, op, id string, vars map[string]any) (record any, lines []string, removed []any, err error) {
	env := maps.Clone(c.env)
	maps.Copy(env, vars)
	env["id"] = id
	call, err := c.build(op, &one.Request, env)
	if err != nil {
		return nil, nil, nil, &koppel.Error{Kind: koppel.KindMapping, Op: op, Detail: c.redact.text(koppel.DetailOf(err))}
	}
	call.idempotent = true
	a, err := c.exchange(ctx, call)
	defer a.release()
	if a != nil && a.status != 0 && one.Gone != nil {
		gone, goneErr := c.isGone(a, one.Gone)
		if goneErr != nil || gone {
			return nil, nil, nil, goneErr
		}
	}
	if koppel.KindOf(err) == koppel.KindNotFound && one.Gone == nil || err == nil && a.then == actionGone {
		return nil, nil, nil, nil
	}
	if err != nil {
		return nil, nil, nil, err
	}
	records, err := c.decodeRecords(ctx, a, one.Record)
	if err != nil || len(records) == 0 {
		return nil, nil, nil, err
	}
	record = records[0]
	lines, removed, err = one.Lines.match(with(env, "record", record), vars)
	if err != nil {
		return nil, nil, nil, koppel.E(koppel.KindMapping, op, c.redact.text(err.Error()))
	}
	return record, lines, removed, nil
}

// lookUpPushed makes a look-up and decodes its records.
func (c *Client) lookUpPushed(ctx context.Context, op string, request *Request, at Selector, env map[string]any) ([]any, error) {
	call, err := c.build(op, request, env)
	if err != nil {
		return nil, &koppel.Error{Kind: koppel.KindMapping, Op: op, Detail: c.redact.text(koppel.DetailOf(err))}
	}
	return c.recordsOf(ctx, call, at)
}

// recordsOf makes a look-up's request; what is not there has no records.
func (c *Client) recordsOf(ctx context.Context, call call, at Selector) ([]any, error) {
	call.idempotent = true
	a, err := c.exchange(ctx, call)
	defer a.release()
	if koppel.KindOf(err) == koppel.KindNotFound || err == nil && a.then != "" {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return c.decodeRecords(ctx, a, at)
}

func (c *Client) decodeRecords(ctx context.Context, a *answer, at Selector) ([]any, error) {
	at.whole()
	body, err := decodeJSON(a.body.data)
	if err != nil {
		return nil, c.drift(ctx, a, "the answer is not JSON")
	}
	records, ok := at.of(body)
	if !ok {
		return nil, c.drift(ctx, a, "the answer has no records at "+at.String())
	}
	return records, nil
}

// match gives the remote's id of each of our lines, and its lines that are
// none of ours.
func (l *PushLines) match(env, vars map[string]any) (ids []string, others []any, err error) {
	if l == nil {
		return nil, nil, nil
	}
	theirs, err := l.Each.list(env)
	if err != nil {
		return nil, nil, err
	}
	object, _ := vars["object"].(map[string]any)
	ours := listOf(object["lines"])
	ids = make([]string, len(ours))
	taken := make([]bool, len(ours))
	for i, item := range theirs {
		inner := with(env, "item", item)
		id, err := l.ID.eval(inner)
		if err != nil {
			return ids, others, err
		}
		at, err := l.place(i, inner, ours, taken)
		if err != nil {
			return ids, others, err
		}
		if at >= 0 {
			taken[at], ids[at] = true, textOf(id)
		} else {
			others = append(others, item)
		}
	}
	return ids, others, nil
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
