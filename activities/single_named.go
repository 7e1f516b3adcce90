package activities

import (
	"context"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

// namedKeys are what webhooks and new records named of this stream, but for those that an
// earlier attempt read.
func (s *singles) namedKeys(ctx context.Context) ([]store.SingleKey, error) {
	named, err := s.Store.RefetchKeys(ctx, s.run, s.stream)
	if err != nil {
		return nil, err
	}
	stream, err := s.client.Stream(s.stream)
	if err != nil {
		return nil, err
	}
	s.named = map[string]store.RefetchKey{}
	var keys []store.SingleKey
	for _, one := range named {
		if s.asked.has(one.ID) {
			continue
		}
		key := store.SingleKey{By: store.ByRemoteID, Value: one.ID, Asked: one.ID, ParentID: one.ParentID}
		if one.Stored {
			key.Stream = s.lease.Stream
		} else if stream.One != nil && !stream.StandsAlone() {
			// It is read once its parent tells of it.
			s.asked.miss(one.ID, nil)
			continue
		}
		s.named[one.ID] = one
		keys = append(keys, key)
	}
	return keys, nil
}

// land writes what a webhook gave whole, or said of a record that cannot be
// read singly; it reports whether that was all there is to do. A body that is
// older than what is stored, by the remote's own time, changes nothing.
func (s *singles) land(ctx context.Context, key store.SingleKey) (done bool, err error) {
	one, ok := s.named[key.Value]
	if !ok {
		return false, nil
	}
	stream := s.connector.Stream(s.stream)
	if one.Gone && stream.One == nil {
		s.asked.Found = append(s.asked.Found, key.Asked)
		return true, s.write(ctx, &store.Batch{Suspects: []store.Suspect{{
			Stream: s.lease.Stream, Gone: store.Gone{ID: key.Value, Ticket: one.Ticket, Reason: koppel.GoneEvent},
		}}})
	}
	if one.Body == nil {
		return false, nil
	}
	records, err := s.client.Landed(s.stream, one.Body)
	if err != nil || len(records) != 1 {
		return false, err
	}
	s.asked.Found = append(s.asked.Found, key.Asked)
	stored, err := s.Store.RecordsByID(ctx, s.lease.Webshop, s.lease.Stream, []string{key.Value})
	if err != nil {
		return false, err
	}
	if len(stored) == 1 {
		was, err := s.client.Landed(s.stream, stored[0].Raw)
		if err == nil && len(was) == 1 && was[0].ChangedAt.After(records[0].ChangedAt) {
			return true, s.write(ctx, &store.Batch{})
		}
	}
	s.correct(records)
	b, err := s.batchOf(ctx, records, one.Ticket)
	if err != nil {
		return false, err
	}
	return true, s.write(ctx, b)
}
