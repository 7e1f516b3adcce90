package rest

import (
	"reflect"
	"slices"

	"github.com/koppel-io/koppel"
)

// Deletes says how the remote shows that a record of a stream is deleted:
// missing, none, or a mapping with a feed or a flag.
type Deletes struct {
	// Missing: what a complete read does not list is gone.
	Missing bool
	// Feed is the stream that lists deletions; When says which of its records
	// are of this stream and ID gives the id.
	Feed string
	When *Expr
	ID   *Expr
	// Flag holds for a record that says that it is deleted.
	Flag *Expr
}

// deletesForm is the mapping form of deletes.
type deletesForm struct {
	Feed string `y:"feed" doc:"Stream that lists deletions; it is read with this one"`
	When *Expr  `y:"when" doc:"With feed: condition on its record, such as the code of the kind of thing" scope:"record"`
	ID   *Expr  `y:"id" doc:"With feed: the deleted id in its record" scope:"record"`
	Flag *Expr  `y:"flag" doc:"Condition on a record of this stream that says it is deleted" scope:"record"`
}

func (s *Deletes) decodeNode(d *decoder, n *node, scope []string) {
	if n.kind != mapNode {
		switch n.text {
		case "missing":
			s.Missing = true
		case "none":
		default:
			d.fail(n, "expected missing, none, { feed, when, id } or { flag }%s", suggest(n.text, []string{"missing", "none"}))
		}
		return
	}
	var form deletesForm
	d.decodeInto(n, &form, scope)
	*s = Deletes{Feed: form.Feed, When: form.When, ID: form.ID, Flag: form.Flag}
	switch {
	case (s.Feed == "") == (s.Flag == nil):
		d.fail(n, "exactly one of feed and flag belongs here")
	case s.Feed != "" && s.ID == nil:
		d.fail(n, "a feed needs id: what in its record is the deleted id?")
	case s.Feed == "" && (s.When != nil || s.ID != nil):
		d.fail(n, "when and id go with feed")
	}
}

func (*Deletes) schemaOf(s schemas) schema {
	return schema{"anyOf": []any{schema{"enum": []string{"missing", "none"}}, s.reference(reflect.TypeFor[deletesForm](), false)}}
}

// checkFeeds holds deletes to feeds that exist and are read by themselves.
func (s *Stream) checkFeeds(d *decoder, n *node, all Streams) {
	for _, one := range append([]*Stream{s}, s.alternatives()...) {
		if one.Deletes.Feed == "" {
			continue
		}
		at := slices.IndexFunc(all, func(other *Stream) bool { return other.Name == one.Deletes.Feed })
		switch {
		case at < 0 || all[at] == s:
			d.fail(n.get(s.Name), "deletes: feed names no other stream: %s", one.Deletes.Feed)
		case all[at].ParentStream() != "":
			d.fail(n.get(s.Name), "deletes: the feed %s has a parent; a feed is one list", one.Deletes.Feed)
		}
	}
}

// FeedsOf names the feeds that a stream's deletions come from, in whichever alternative.
func (s *Stream) FeedsOf() []string {
	var feeds []string
	for _, one := range append([]*Stream{s}, s.alternatives()...) {
		if one.Deletes.Feed != "" && !slices.Contains(feeds, one.Deletes.Feed) {
			feeds = append(feeds, one.Deletes.Feed)
		}
	}
	return feeds
}

// Flagged reports whether a record says that it is deleted, by the stream's flag.
func (c *Client) Flagged(s *Stream, record []byte) (bool, error) {
	if s.Deletes.Flag == nil {
		return false, nil
	}
	env, err := c.recordEnv(record)
	if err != nil {
		return false, err
	}
	flagged, err := s.Deletes.Flag.holds(env)
	return flagged, c.unclear("read the deleted flag of "+s.Name, err)
}

// Deleted is the id that a record of the stream's feed names as deleted; "" for one that is about something else.
func (c *Client) Deleted(s *Stream, record []byte) (string, error) {
	env, err := c.recordEnv(record)
	if err != nil {
		return "", err
	}
	op := "read deletions of " + s.Name
	if s.Deletes.When != nil {
		if holds, err := s.Deletes.When.holds(env); err != nil || !holds {
			return "", c.unclear(op, err)
		}
	}
	id, err := s.Deletes.ID.eval(env)
	if err != nil || id == nil {
		return "", c.unclear(op, err)
	}
	return textOf(id), nil
}

func (c *Client) recordEnv(record []byte) (map[string]any, error) {
	value, err := decodeJSON(record)
	if err != nil {
		return nil, &koppel.Error{Kind: koppel.KindSchemaDrift, Op: "read record", Err: err}
	}
	return with(c.env, "record", value), nil
}

func (c *Client) unclear(op string, err error) error {
	if err == nil {
		return nil
	}
	return koppel.E(koppel.KindMapping, op, c.redact.text(err.Error()))
}
