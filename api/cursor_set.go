package api

import (
	"context"
	"slices"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/connectors"
	"github.com/koppel-io/koppel/store"
)

type setCursorRequest struct {
	ByID
	Stream string `path:"stream" pattern:"^[a-z][a-z0-9_]{0,62}$" doc:"A stream of the connector"`
	Body   struct {
		At     *time.Time `json:"at,omitempty" doc:"Read from this time on, of a stream that is read by time"`
		Key    string     `json:"key,omitempty" maxLength:"64" doc:"Read what follows this key, of a stream that is read by key"`
		None   bool       `json:"none,omitempty" doc:"Read everything"`
		DryRun bool       `json:"dry_run,omitempty" doc:"Only say what would be read"`
	}
}

// cursorChange is a cursor before and after it was set.
type cursorChange struct {
	Before  cursor `json:"before"`
	After   cursor `json:"after"`
	Changed bool   `json:"changed" doc:"false for a dry run"`
}

func (s *server) setCursor(ctx context.Context, who caller, in *setCursorRequest) (cursorChange, error) {
	c, scope, err := s.findCoupling(ctx, who, in.ID)
	if err != nil {
		return cursorChange{}, err
	}
	connector, err := s.connectorOf(ctx, c)
	if err != nil {
		return cursorChange{}, err
	}
	set, err := in.wish(connector, time.Now())
	if err != nil {
		return cursorChange{}, err
	}
	return store.With(ctx, s.Store, scope, func(tx *store.Tx) (cursorChange, error) {
		all, err := cursorsOf(ctx, tx, c, connector)
		if err != nil {
			return cursorChange{}, err
		}
		change := cursorChange{Before: all[slices.IndexFunc(all, func(k cursor) bool { return k.Stream == in.Stream })], Changed: !in.Body.DryRun}
		change.After = showCursor(connector, store.StreamCursor{Stream: set.Stream, At: set.At, Key: set.Key}, time.Now().UTC())
		change.After.Group, change.After.LastScan = change.Before.Group, change.Before.LastScan
		if in.Body.DryRun {
			return change, nil
		}
		if err := tx.SetCursor(ctx, set); err != nil {
			return cursorChange{}, err
		}
		return change, audit(ctx, tx, who, "cursor.set", c.UUID, change.Before, change.After)
	})
}

// wish checks that the cursor is one of the stream's kind.
func (in *setCursorRequest) wish(connector *connectors.Connector, now time.Time) (store.CursorSet, error) {
	const op = "set cursor"
	set := store.CursorSet{Coupling: in.ID, Stream: in.Stream}
	for _, group := range connector.Groups() {
		if slices.Contains(group.Streams, in.Stream) || slices.Contains(group.Feeds, in.Stream) {
			set.Groups = append(set.Groups, string(group.Name))
		}
	}
	if len(set.Groups) == 0 {
		return set, koppel.E(koppel.KindNotFound, op, "connector "+connector.Manifest.Name+" reads no stream "+in.Stream+"; see them: koppel cursor show "+in.ID)
	}
	given := 0
	for _, one := range []bool{in.Body.At != nil, in.Body.Key != "", in.Body.None} {
		if one {
			given++
		}
	}
	bad := &fieldErrors{}
	if given != 1 {
		bad.add("body", "exactly one of at, key and none is needed")
		return set, bad.err(op)
	}
	by := cursorBy(connector, in.Stream)
	switch {
	case by == "none":
		bad.add("body", "stream "+in.Stream+" has no cursor: the remote tells no changes of it")
	case in.Body.At != nil && by == "key":
		bad.add("body.at", "stream "+in.Stream+" is read by key: give a key")
	case in.Body.Key != "" && by == "time":
		bad.add("body.key", "stream "+in.Stream+" is read by time: give a time")
	case in.Body.At != nil && in.Body.At.After(now):
		bad.add("body.at", "a cursor in the future would leave out what changes until then")
	case in.Body.At != nil:
		at := in.Body.At.UTC()
		set.At = &at
	case in.Body.Key != "":
		if err := connector.Manifest.Stream(in.Stream).CheckKey(in.Body.Key); err != nil {
			bad.add("body.key", err.Error())
		}
		set.Key = &in.Body.Key
	}
	return set, bad.err(op)
}
