package api

import (
	"context"
	"slices"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/connectors"
	"github.com/koppel-io/koppel/store"
)

// cursor is where the next incremental read of a stream starts.
type cursor struct {
	Stream   string     `json:"stream"`
	Group    string     `json:"group" doc:"The stream group that reads it"`
	By       string     `json:"by" enum:"time,key,none" doc:"What the cursor is; none: the remote tells no changes"`
	At       *time.Time `json:"at,omitempty" doc:"The time up to which was read; absent when there is none"`
	Key      string     `json:"key,omitempty" doc:"The highest key read; absent when there is none"`
	Next     nextRead   `json:"next" doc:"What the next incremental read would ask for"`
	LastScan *lastScan  `json:"last_scan,omitempty"`
}

type nextRead struct {
	From   *time.Time `json:"from,omitempty" doc:"Lower bound, overlap already taken off"`
	To     *time.Time `json:"to,omitempty" doc:"Until when: now"`
	After  string     `json:"after,omitempty" doc:"The key that it goes on from"`
	Detail string     `json:"detail"`
}

type lastScan struct {
	Run       string          `json:"run" format:"uuid"`
	Mode      koppel.Mode     `json:"mode"`
	State     koppel.RunState `json:"state"`
	StartedAt time.Time       `json:"started_at"`
}

func (s *server) listCursors(ctx context.Context, who caller, in *ByID) (pageBody[cursor], error) {
	c, scope, err := s.findCoupling(ctx, who, in.ID)
	if err != nil {
		return pageBody[cursor]{}, err
	}
	connector, err := s.connectorOf(ctx, c)
	if err != nil {
		return pageBody[cursor]{}, err
	}
	return store.With(ctx, s.Store, scope, func(tx *store.Tx) (pageBody[cursor], error) {
		list, err := cursorsOf(ctx, tx, c, connector)
		return pageBody[cursor]{Data: list}, err
	})
}

// cursorsOf are the cursors of all streams that a connector reads, in the order of reading.
func cursorsOf(ctx context.Context, tx *store.Tx, c store.Coupling, connector *connectors.Connector) ([]cursor, error) {
	kept, err := tx.Cursors(ctx, c.UUID)
	if err != nil {
		return nil, err
	}
	out, seen, now := []cursor{}, map[string]bool{}, time.Now().UTC()
	for _, group := range connector.Groups() {
		for _, stream := range slices.Concat(group.Feeds, group.Streams) {
			if seen[stream] {
				continue
			}
			seen[stream] = true
			k := store.StreamCursor{Stream: stream}
			if i := slices.IndexFunc(kept, func(k store.StreamCursor) bool { return k.Stream == stream }); i >= 0 {
				k = kept[i]
			}
			shown := showCursor(connector, k, now)
			shown.Group = string(group.Name)
			out = append(out, shown)
		}
	}
	return out, nil
}

func showCursor(connector *connectors.Connector, k store.StreamCursor, now time.Time) cursor {
	stream := connector.Manifest.Stream(k.Stream)
	out := cursor{Stream: k.Stream, By: cursorBy(connector, k.Stream), Key: text(k.Key)}
	var at time.Time
	if k.At != nil {
		at = *k.At
	}
	// Every read that succeeds notes its time, which says nothing where the remote tells no changes, or tells them by key.
	if k.At != nil && out.By == "time" {
		utc := at.UTC()
		out.At = &utc
	}
	next := stream.NextRead(at, out.Key, now)
	out.Next = nextRead{After: next.After, Detail: next.Detail}
	if !next.From.IsZero() {
		out.Next.From, out.Next.To = &next.From, &now
	}
	if k.RunUUID != nil {
		out.LastScan = &lastScan{Run: *k.RunUUID, Mode: *k.Mode, State: *k.State, StartedAt: *k.ScannedAt}
	}
	return out
}

// cursorBy is what the cursor of a stream is.
func cursorBy(connector *connectors.Connector, name string) string {
	switch stream := connector.Manifest.Stream(name); {
	case stream.Since == nil:
		return "none"
	case stream.ByKey():
		return "key"
	}
	return "time"
}
