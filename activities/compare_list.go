package activities

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/connectors/rest"
	"github.com/koppel-io/koppel/mapping"
	"github.com/koppel-io/koppel/store"
)

// listing is what the remote lists of a stream, as far as it was looked at.
type listing struct {
	records []rest.Record
	byID    map[string]rest.Record
	// flagged are those that the remote marks as deleted.
	flagged map[string]bool
	// whole: it lists nothing else, of the parents where there are any.
	whole   bool
	parents []string
	total   int64
	untold  string
}

// listing looks at the collection, or at the children of some stored parents.
func (c *comparison) listing(ctx context.Context) (*listing, error) {
	l := &listing{byID: map[string]rest.Record{}, flagged: map[string]bool{}, total: -1}
	stream, err := c.client.Stream(c.stream)
	if err != nil {
		return nil, err
	}
	if stream.Each == "" {
		peek, err := c.client.Peek(ctx, c.stream, nil, rand.IntN)
		if err != nil {
			return nil, err
		}
		l.total, l.untold, l.whole = peek.Total, peek.Untold, peek.Whole
		return l, c.take(l, peek.Records)
	}
	l.untold = fmt.Sprintf("it is read record by record of %s, so nobody counts the whole", stream.Each)
	l.whole, l.parents = true, []string{}
	parents, err := c.parents(ctx, stream.Each)
	if err != nil {
		return nil, err
	}
	for _, parent := range parents {
		wants, err := c.client.Wants(c.stream, parent)
		if err != nil {
			return nil, err
		}
		if !wants {
			continue
		}
		if len(l.parents) == comparedParents {
			break
		}
		l.parents = append(l.parents, parent.ID)
		peek, err := c.client.Peek(ctx, c.stream, &parent, rand.IntN)
		if koppel.KindOf(err) == koppel.KindNotFound {
			continue // it has none, or is gone itself
		}
		if err != nil {
			return nil, err
		}
		l.whole = l.whole && peek.Whole
		for i := range peek.Records {
			peek.Records[i].ParentID = parent.ID
		}
		if err := c.take(l, peek.Records); err != nil {
			return nil, err
		}
	}
	return l, nil
}

// take adds records to the listing; unreadable ones have no id to be found by.
func (c *comparison) take(l *listing, records []rest.Record) error {
	stream, err := c.client.Stream(c.stream)
	if err != nil {
		return err
	}
	for _, record := range records {
		l.records = append(l.records, record)
		if record.ID == "" {
			continue
		}
		l.byID[record.ID] = record
		if record.Err != nil || stream.Deletes.Flag == nil {
			continue
		}
		if l.flagged[record.ID], err = c.client.Flagged(stream, record.Raw); err != nil {
			return err
		}
	}
	return nil
}

// parents draws stored records of the parent stream, more than are asked for
// their children, as not all of them have any.
func (c *comparison) parents(ctx context.Context, stream string) ([]rest.ParentRecord, error) {
	id, err := c.Store.StreamID(ctx, c.lease.Webshop, c.lease.Coupling, stream)
	if err != nil {
		return nil, err
	}
	drawn, err := c.Store.SampleRecords(ctx, store.Lease{Webshop: c.lease.Webshop, Coupling: c.lease.Coupling, Stream: id}, nil, drawnParents)
	if err != nil || len(drawn) == 0 {
		return nil, err
	}
	ids := make([]string, len(drawn))
	for i := range drawn {
		ids[i] = drawn[i].ID
	}
	found, err := c.Store.RecordsByID(ctx, c.lease.Webshop, id, ids)
	parents := make([]rest.ParentRecord, len(found))
	for i := range found {
		parents[i] = rest.ParentRecord{ID: found[i].ID, Raw: found[i].Raw}
	}
	return parents, err
}

// beside maps records as a read would and lays them beside what is stored.
func (c *comparison) beside(ctx context.Context, read []rest.Record) error {
	if len(read) == 0 {
		return nil
	}
	programs := c.programs(c.stream)
	if grouped(programs) {
		return c.rows(ctx, read)
	}
	stored := make([]store.StoredRecord, len(read))
	for i := range read {
		read[i].Raw = c.forget(read[i].Raw)
		r := read[i]
		stored[i] = store.StoredRecord{ID: r.ID, ParentID: r.ParentID, Raw: r.Raw}
		if r.ParentID == "" || !needsParent(programs) {
			continue
		}
		parent, err := c.storedParent(ctx, c.pinned, c.stream, r.ParentID)
		if err != nil {
			return err
		}
		if parent != nil {
			stored[i].ParentRaw = parent.Raw
		}
	}
	whole, err := c.gather(ctx, c.pinned, programs, stored)
	if err != nil {
		return err
	}
	records := make([]store.Record, len(read))
	for i, r := range read {
		records[i] = store.Record{ID: r.ID, ParentID: r.ParentID, Raw: r.Raw}
		if r.Err != nil {
			c.at.Report.Compared(koppel.ComparedRecord{RecordID: r.ID, Outcome: koppel.ComparedParked, Reason: koppel.DetailOf(r.Err)})
			continue
		}
		mapInto(&records[i], c.evaluator, programs, &whole[i])
	}
	list, err := c.Store.CompareRecords(ctx, c.lease, readable(records, read))
	c.at.Report.Compared(list...)
	return err
}

func readable(records []store.Record, read []rest.Record) []store.Record {
	kept := make([]store.Record, 0, len(records))
	for i := range records {
		if read[i].Err == nil {
			kept = append(kept, records[i])
		}
	}
	return kept
}

func needsParent(programs []*mapping.Program) bool {
	for _, program := range programs {
		if program.NeedsParent() {
			return true
		}
	}
	return false
}

// rows are mapped together with the others of their group, so each is only
// compared with the row that is stored.
func (c *comparison) rows(ctx context.Context, read []rest.Record) error {
	ids := make([]string, len(read))
	for i := range read {
		ids[i] = read[i].ID
	}
	found, err := c.Store.RecordsByID(ctx, c.lease.Webshop, c.lease.Stream, ids)
	if err != nil {
		return err
	}
	hashes := map[string][16]byte{}
	for _, s := range found {
		hashes[s.ID] = s.Hash
	}
	digest := c.connector.Mapping.DigestOn(c.stream, c.began())
	for _, r := range read {
		out := koppel.ComparedRecord{RecordID: r.ID, Outcome: koppel.ComparedSame}
		hash, stored := hashes[r.ID]
		switch {
		case r.Err != nil:
			out.Outcome, out.Reason = koppel.ComparedParked, koppel.DetailOf(r.Err)
		case !stored:
			out.Outcome, out.Reason = koppel.ComparedMissingHere, "it was never read"
		case hash != pinHash(r.Hash, digest):
			out.Outcome, out.Reason = koppel.ComparedDiffers, "the row changed after it was read last"
		}
		c.at.Report.Compared(out)
	}
	return nil
}

// storedParent is the stored parent of a record; nil when it has none.
func (a *Activities) storedParent(ctx context.Context, p *pinned, stream, id string) (*rest.ParentRecord, error) {
	if id == "" || p.parentOf(stream) == "" {
		return nil, nil
	}
	parents, err := a.Store.StreamID(ctx, p.run.WebshopID, p.run.CouplingID, p.parentOf(stream))
	if err != nil {
		return nil, err
	}
	found, err := a.Store.RecordsByID(ctx, p.run.WebshopID, parents, []string{id})
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return &rest.ParentRecord{ID: found[0].ID, Raw: found[0].Raw}, nil
}
