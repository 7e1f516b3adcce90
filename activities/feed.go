package activities

import (
	"context"
	"slices"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/connectors/rest"
	"github.com/koppel-io/koppel/store"
)

// fedStream is a stream whose deletions a feed lists.
type fedStream struct {
	stream *rest.Stream
	id     int64
}

// storedName is the name under which a stream's position is kept: each group reads a feed for itself.
func (p *pinned) storedName(stream string) string {
	if slices.Contains(p.group.Feeds, stream) {
		return stream + "@" + string(p.group.Name)
	}
	return stream
}

// setDeletes finds out how the stream being read shows deletions, its own or, as a feed, those of others.
func (s *slice) setDeletes(ctx context.Context, client *rest.Client, scan store.Scan, stream string) (err error) {
	s.client = client
	if s.source, err = client.Stream(stream); err != nil {
		return err
	}
	mode := s.pinned.run.Mode
	s.whole = s.source.Since == nil && mode != koppel.ModeWindow || mode == koppel.ModeFull && scan.Since == nil && scan.Until == nil
	if s.source.Each != "" && s.source.Children == "changed" {
		s.whole = false
	}
	if !slices.Contains(s.group.Feeds, stream) {
		return nil
	}
	for _, name := range s.group.Streams {
		fed, err := client.Stream(name)
		if err != nil {
			return err
		}
		if fed.Deletes.Feed != stream {
			continue
		}
		id, err := s.Store.StreamID(ctx, s.lease.Webshop, s.lease.Coupling, name)
		if err != nil {
			return err
		}
		s.fed = append(s.fed, fedStream{fed, id})
	}
	return nil
}

// readDeletion takes down what a record of a feed names as deleted.
func (s *slice) readDeletion(b *batch, record *rest.Record, ticket int64) error {
	if record.Err != nil {
		return record.Err
	}
	for _, fed := range s.fed {
		id, err := s.client.Deleted(fed.stream, record.Raw)
		if err != nil {
			return err
		}
		if id != "" {
			b.Suspects = append(b.Suspects, store.Suspect{Stream: fed.id, Gone: store.Gone{ID: id, Ticket: ticket, Reason: koppel.GoneFeed}})
		}
	}
	return nil
}

// flagged reports whether a record says that it is deleted.
func (s *slice) flagged(record *rest.Record) (bool, error) {
	if record.Err != nil || s.source.Deletes.Flag == nil {
		return false, nil
	}
	return s.client.Flagged(s.source, record.Raw)
}
