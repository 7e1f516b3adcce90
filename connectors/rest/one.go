package rest

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/koppel-io/koppel"
)

// ErrGone marks a not_found error of One whose answer meets the stream's
// declared test of a deleted record: errors.Is(err, ErrGone).
var ErrGone = errors.New("the record is gone")

// One reads one record by its id; parent is needed where the request names it.
// A record that does not exist is an error of kind not_found, which wraps
// [ErrGone] when the manifest's gone test holds. The record's bytes are its own.
func (c *Client) One(ctx context.Context, stream, id string, parent *ParentRecord) (*Record, error) {
	s, err := c.Stream(stream)
	if err != nil {
		return nil, err
	}
	op := "read " + stream + " " + id
	if s.One == nil {
		return nil, koppel.E(koppel.KindInvalidRequest, op, "the connector cannot read one record of "+stream)
	}
	if parent == nil && s.One.needsParent() {
		return nil, koppel.E(koppel.KindInvalidRequest, op, "a record of "+s.Name+" is read below its parent: which of "+s.ParentStream()+"?")
	}
	env, err := c.streamEnv(s, part{}, parent)
	if err != nil {
		return nil, &koppel.Error{Kind: koppel.KindSchemaDrift, Op: op, Detail: c.redact.text(err.Error())}
	}
	env["id"] = id
	a, records, err := c.few(ctx, op, &s.One.Request, s, s.One.Records, env)
	defer a.release()
	// An answer that a response rule refuses says nothing about the record.
	if a != nil && a.status != 0 && (err == nil || a.rule == "") {
		gone, goneErr := c.isGone(a, s.One.Gone)
		if goneErr != nil {
			return nil, c.drift(ctx, a, goneErr.Error())
		}
		if gone {
			return nil, &koppel.Error{Kind: koppel.KindNotFound, Op: op, Detail: c.redact.text(c.detail(a)), Err: ErrGone}
		}
	}
	if err != nil {
		return nil, err
	}
	switch len(records) {
	case 0:
		return nil, koppel.E(koppel.KindNotFound, op, "the answer holds no record")
	case 1:
		ofParent(records, s, parent)
		return &records[0], nil
	}
	return nil, c.drift(ctx, a, "the answer holds several records instead of one")
}

// needsParent reports whether a record is read below its parent.
func (o *One) needsParent() bool {
	_, path := o.target()
	sources := []string{path.source}
	for _, q := range o.Query {
		sources = append(sources, q.Value.source)
	}
	return slices.ContainsFunc(sources, func(source string) bool { return strings.Contains(source, "parent") })
}

// StandsAlone reports whether a record of the stream can be read by its id
// although nothing is known of its parent.
func (s *Stream) StandsAlone() bool { return s.One != nil && !s.One.needsParent() }

// Find reads the records that have the value under another key: sku, ean or
// number. None is an
// empty list; a connector that cannot look it up fails with invalid_request.
func (c *Client) Find(ctx context.Context, stream string, by, value string) ([]Record, error) {
	s, err := c.Stream(stream)
	if err != nil {
		return nil, err
	}
	op := "find " + stream + " by " + by + " " + value
	var find *FindBy
	if s.Find != nil {
		find = map[string]*FindBy{"sku": s.Find.SKU, "ean": s.Find.EAN, "number": s.Find.Number}[by]
	}
	if find == nil {
		return nil, koppel.E(koppel.KindInvalidRequest, op, "the connector cannot find "+stream+" by "+by+"; give the remote's id")
	}
	env := with(c.env, "value", value)
	a, records, err := c.few(ctx, op, &find.Request, s, s.Records, env)
	a.release()
	if find.Where == nil || err != nil {
		return records, err
	}
	kept := records[:0]
	for _, record := range records {
		decoded, err := decodeJSON(record.Raw)
		if err != nil {
			return nil, &koppel.Error{Kind: koppel.KindSchemaDrift, Op: op, Err: err}
		}
		counts, err := find.Where.holds(with(env, "record", decoded))
		if err != nil {
			return nil, koppel.E(koppel.KindMapping, op, c.redact.text(err.Error()))
		}
		if counts {
			kept = append(kept, record)
		}
	}
	return kept, nil
}

// few makes a request whose answer is one short page. The records' bytes are
// copied, so that the answer can be released.
func (c *Client) few(ctx context.Context, op string, request *Request, s *Stream, at Selector, env map[string]any) (*answer, []Record, error) {
	call, err := c.build(op, request, env)
	if err != nil {
		return nil, nil, &koppel.Error{Kind: koppel.KindInvalidRequest, Op: op, Detail: c.redact.text(koppel.DetailOf(err))}
	}
	a, err := c.exchange(ctx, call)
	if err != nil {
		return a, nil, err
	}
	switch a.then {
	case actionEmpty, actionIgnore:
		return a, nil, nil
	case actionGone:
		return a, nil, &koppel.Error{Kind: koppel.KindNotFound, Op: op, Detail: c.redact.text(c.detail(a)), Err: ErrGone}
	}
	one := *s
	one.Records = at
	records, err := newSplitter(&one).split(a.body.data, nil)
	if err != nil {
		return a, nil, c.drift(ctx, a, err.Error())
	}
	for i := range records {
		records[i].Raw = append([]byte(nil), records[i].Raw...)
	}
	return a, records, nil
}

func (c *Client) isGone(a *answer, test *Gone) (bool, error) {
	if test == nil || len(test.Status) > 0 && !test.Status.has(a.status) || len(test.Status) == 0 && test.When == nil {
		return false, nil
	}
	if test.When == nil {
		return true, nil
	}
	return test.When.holds(c.responseEnv(a, test.When.source))
}
