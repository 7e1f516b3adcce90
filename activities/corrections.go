package activities

import (
	"context"

	"github.com/koppel-io/koppel/connectors/rest"
	"github.com/koppel-io/koppel/store"
)

// corrections are what people put in the place of a stream's records.
type corrections struct {
	manifest *rest.Manifest
	stream   string
	by       map[string]store.Correction
}

// corrections reads those of a stream; nil when there are none.
func (a *Activities) corrections(ctx context.Context, p *pinned, stream int64, name string) (*corrections, error) {
	by, err := a.Store.Corrections(ctx, p.run.WebshopID, stream)
	if err != nil || len(by) == 0 {
		return nil, err
	}
	return &corrections{manifest: p.connector.Manifest, stream: name, by: by}, nil
}

// apply puts the correction of a record in its place. superseded: the remote
// shows another body than the one that was corrected, and that counts.
func (c *corrections) apply(r *rest.Record) (superseded bool) {
	if c == nil {
		return false
	}
	correction, ok := c.by[r.ID]
	if !ok {
		return false
	}
	came, err := c.manifest.ReadRecord(c.stream, r.Raw)
	if err != nil || came.Hash != correction.Hash {
		return true
	}
	if corrected, err := c.record(correction); err == nil {
		r.Raw, r.Err = corrected.Raw, nil
		if corrected.ParentID != "" {
			r.ParentID = corrected.ParentID
		}
	}
	return false
}

// record is a correction as a record that came from the remote: its hash is
// that of the body it stands for, so that this body is known from then on.
func (c *corrections) record(correction store.Correction) (rest.Record, error) {
	record, err := c.manifest.ReadRecord(c.stream, correction.Raw)
	if err == nil {
		err = record.Err
	}
	record.Hash = correction.Hash
	return record, err
}

// correctedKeys are the records of this stream that the run takes from what a
// person wrote, without asking the remote.
func (s *singles) correctedKeys(ctx context.Context) ([]store.SingleKey, error) {
	var keys []store.SingleKey
	if s.corrected == nil {
		return nil, nil
	}
	stored, err := s.Store.SingleKeys(ctx, s.run)
	if err != nil {
		return nil, err
	}
	for _, id := range s.run.Keys.RemoteIDs {
		if _, ok := s.corrected.by[id]; !ok || s.asked.has(id) {
			continue
		}
		key := store.SingleKey{By: store.ByRemoteID, Value: id, Asked: id}
		for _, known := range stored {
			if known.Stream == s.lease.Stream && known.Value == id {
				key = known
			}
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// landCorrection writes a record as a person corrected it.
func (s *singles) landCorrection(ctx context.Context, key store.SingleKey) error {
	ticket, err := s.Store.Ticket(ctx)
	if err != nil {
		return err
	}
	record, err := s.corrected.record(s.corrected.by[key.Value])
	if err != nil {
		return err
	}
	if record.ParentID == "" {
		record.ParentID = key.ParentID
	}
	s.asked.Found = append(s.asked.Found, key.Asked)
	b, err := s.batchOf(ctx, []rest.Record{record}, ticket)
	if err != nil {
		return err
	}
	return s.write(ctx, b)
}
