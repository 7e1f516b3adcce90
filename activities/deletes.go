package activities

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/connectors"
	"github.com/koppel-io/koppel/connectors/rest"
	"github.com/koppel-io/koppel/store"
)

const (
	// goneAtOnce is how many records go, or come back, in one transaction.
	goneAtOnce = 500
	// askedMost is how many missing records a run asks for singly, per stream; the others wait for the next one.
	askedMost = 1000
	eventGone = "deletes"
)

// deletions is the delete stage of a run: it compares what complete scans saw with what is stored, asks singly for
// what is missing, and acts on what is proven within the delete budget.
type deletions struct {
	*Activities
	*pinned
	client *rest.Client
	until  time.Time
	beat   func(koppel.Counts)
	result *SliceResult
}

// actOnGone runs the delete stage for up to a slice.
func (a *Activities) actOnGone(ctx context.Context, p *pinned, result *SliceResult) error {
	if !deletesIn(p.run.Mode) {
		result.Done = true
		return nil
	}
	beat, quiet := heartbeat(ctx, a.Durations.Heartbeat)
	defer quiet()
	watched, done := a.watched(ctx, p)
	defer done()
	d := &deletions{Activities: a, pinned: p, until: time.Now().Add(a.Durations.Slice), beat: beat, result: result}
	if p.run.Mode == koppel.ModeProposal {
		return d.carryOut(ctx, watched)
	}
	client, err := a.client(ctx, p)
	if err != nil {
		return d.stopped(ctx, err)
	}
	defer client.Close()
	d.client = client
	if p.run.Mode.Scans() {
		for _, stream := range planOf(p).Streams {
			if slices.Contains(p.group.Feeds, stream) {
				continue
			}
			if more, err := d.compare(ctx, watched, stream); err != nil || more {
				return err
			}
		}
	}
	for _, children := range []bool{false, true} {
		if children {
			if err := d.orphans(ctx); err != nil {
				return err
			}
		}
		if more, err := d.act(ctx, watched); err != nil || more {
			return err
		}
	}
	result.Done = true
	return nil
}

// deletesIn: which runs may find that something is gone.
func deletesIn(mode koppel.Mode) bool {
	return mode == koppel.ModeFull || mode == koppel.ModeSince || mode == koppel.ModeSingle || mode == koppel.ModeProposal
}

// pauses reports whether the slice is over, or the run has to stop.
func (d *deletions) pauses(watched context.Context) bool {
	if h := haltOf(watched); h != nil {
		h.reportIn(d.result)
		return true
	}
	return d.result.Progress && time.Now().After(d.until)
}

// stopped turns an error into the slice's result, unless it is our own.
func (d *deletions) stopped(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if koppel.KindOf(err) == koppel.KindInternal {
		return err
	}
	d.result.end(err)
	return nil
}

// compare finds what a stream's complete scan did not list, and proves it. more: the slice ended before.
func (d *deletions) compare(ctx, watched context.Context, stream string) (more bool, err error) {
	s, err := d.client.Stream(stream)
	if err != nil {
		return false, err
	}
	if !s.Deletes.Missing || !d.comparesObjectsOf(stream) {
		return false, nil
	}
	lease, scan, err := d.Store.TakeLease(ctx, d.run.WebshopID, d.run.ID, stream, d.Holder)
	if err != nil {
		return false, err
	}
	parentsOf := int64(0)
	switch {
	case !scan.Complete:
		return false, nil
	case scan.Whole:
	case s.Each != "" && s.Children == "changed" && (scan.Since == nil || s.Since == nil):
		parentsOf = d.run.ID
		if err := d.nameParent(ctx, stream, lease); err != nil {
			return false, err
		}
	default:
		return false, nil
	}
	usual, err := store.With(ctx, d.Store, store.ForWebshop(d.run.WebshopID), func(tx *store.Tx) (store.Band, error) { return tx.UsualCount(ctx, scan) })
	if err != nil || usual.Outside(scan) != "" {
		return false, err
	}
	if err := d.Store.Compare(ctx, lease, parentsOf); err != nil {
		return false, err
	}
	if s.One == nil || s.One.Gone == nil {
		return false, d.Store.Prove(ctx, lease)
	}
	return d.confirm(ctx, watched, stream, lease)
}

// comparesObjectsOf: every object that the stream gives may be deleted when it is missing.
func (d *deletions) comparesObjectsOf(stream string) bool {
	for _, program := range d.programs(stream) {
		if on, set := d.settings[connectors.DeletesSetting(program.Object())].(bool); set && !on {
			return false
		}
	}
	return true
}

// confirm asks for what is missing record by record; what is there after all is written like any single read.
func (d *deletions) confirm(ctx, watched context.Context, stream string, lease store.Lease) (more bool, err error) {
	one := &singles{Activities: d.Activities, pinned: d.pinned, client: d.client, stream: stream, evaluator: d.evaluator(), lease: lease}
	one.lease.Epoch, one.lease.Scan = 0, 0
	compared, err := store.With(ctx, d.Store, store.ForWebshop(d.run.WebshopID), func(tx *store.Tx) (store.Compared, error) { return tx.Compared(ctx, lease.Scan) })
	if err != nil {
		return false, err
	}
	asked := compared.Asked
	for after := ""; asked < askedMost; {
		keys, err := d.Store.Unconfirmed(ctx, lease, after, goneAtOnce)
		if err != nil || len(keys) == 0 {
			return false, err
		}
		for _, key := range keys {
			if d.pauses(watched) {
				return true, nil
			}
			if after = key.Value; asked >= askedMost {
				break
			}
			asked++
			if err := d.ask(ctx, one, lease, key); err != nil {
				return true, d.stopped(ctx, err)
			}
			d.result.Progress = true
			d.beat(d.result.Counts)
		}
	}
	return false, nil
}

// ask reads one missing record. An answer that is neither a record nor the declared sign of a deleted one proves nothing.
func (d *deletions) ask(ctx context.Context, one *singles, lease store.Lease, key store.SingleKey) error {
	ticket, err := d.Store.Ticket(ctx)
	if err != nil {
		return err
	}
	records, err := one.fetch(ctx, key)
	outcome := store.Unclear
	switch {
	case errors.Is(err, rest.ErrGone):
		outcome = store.ConfirmedGone
	case err != nil && (ctx.Err() != nil || koppel.KindOf(err) == koppel.KindInternal || koppel.KindOf(err).Passes()):
		return err
	case err != nil:
	case len(records) == 1 && records[0].ID == key.Value:
		outcome = store.Unlisted
		b, err := one.batchOf(ctx, records, ticket)
		if err != nil {
			return err
		}
		b.Lease, b.Total = one.lease, -1
		if _, err := d.Store.WriteBatch(ctx, b); err != nil {
			return err
		}
	}
	return d.Store.Confirm(ctx, lease, key.Value, outcome, ticket)
}

// orphans suspects children of what is gone, in every child stream of the group.
func (d *deletions) orphans(ctx context.Context) error {
	for _, stream := range d.group.Streams {
		if d.parentOf(stream) == "" {
			continue
		}
		lease, err := d.leaseless(ctx, stream)
		if err == nil {
			err = d.nameParent(ctx, stream, lease)
		}
		if err == nil {
			err = d.Store.Orphans(ctx, lease)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// nameParent tells the store the stream's parent, which it only knows by itself where the mapping reads it.
func (d *deletions) nameParent(ctx context.Context, stream string, lease store.Lease) error {
	parent, err := d.Store.StreamID(ctx, d.run.WebshopID, d.run.CouplingID, d.parentOf(stream))
	if err != nil {
		return err
	}
	return d.Store.NameParent(ctx, lease, parent)
}

// act takes what is proven for gone, as far as the budget goes.
func (d *deletions) act(ctx, watched context.Context) (more bool, err error) {
	for {
		if d.pauses(watched) {
			return true, nil
		}
		decision, err := d.Store.DecideDeletes(ctx, d.run.WebshopID, d.run.CouplingID, d.run.ID, goneAtOnce)
		if err != nil {
			return false, err
		}
		if err := d.take(ctx, decision.Gone); err != nil {
			return false, err
		}
		if len(decision.Gone) > 0 {
			continue
		}
		return false, d.noteProposal(ctx, decision)
	}
}

// take makes records gone, a batch per stream.
func (d *deletions) take(ctx context.Context, list []store.Suspect) error {
	for len(list) > 0 {
		n := slices.IndexFunc(list, func(s store.Suspect) bool { return s.Stream != list[0].Stream })
		if n < 0 {
			n = len(list)
		}
		b := &store.Batch{}
		for _, s := range list[:n] {
			b.Gone = append(b.Gone, s.Gone)
		}
		if err := d.write(ctx, list[0].Stream, b); err != nil {
			return err
		}
		list = list[n:]
	}
	return nil
}

// write commits what goes or comes back in a stream, counted with the run's scan of it.
func (d *deletions) write(ctx context.Context, stream int64, b *store.Batch) error {
	name, scan, err := d.Store.StreamOf(ctx, d.run.WebshopID, d.run.ID, stream)
	if err != nil {
		return err
	}
	ties, err := d.ties(ctx, d.pinned, name)
	if err != nil {
		return err
	}
	b.Children, b.Parent, b.Total = ties.children, ties.parent, -1
	b.Lease = store.Lease{Webshop: d.run.WebshopID, Coupling: d.run.CouplingID, Stream: stream, Run: d.run.ID, Scan: scan}
	counts, err := d.Store.WriteBatch(ctx, b)
	if err != nil {
		return err
	}
	d.result.Counts.Add(counts)
	d.result.Progress = true
	d.beat(d.result.Counts)
	return nil
}

func (d *deletions) leaseless(ctx context.Context, stream string) (store.Lease, error) {
	id, err := d.Store.StreamID(ctx, d.run.WebshopID, d.run.CouplingID, stream)
	return store.Lease{Webshop: d.run.WebshopID, Coupling: d.run.CouplingID, Stream: id, Run: d.run.ID}, err
}

// noteProposal tells the timeline what waits for a person.
func (d *deletions) noteProposal(ctx context.Context, decision store.Decision) error {
	if decision.Proposal == "" {
		return nil
	}
	return d.Store.InTx(ctx, store.ForWebshop(d.run.WebshopID), func(tx *store.Tx) error {
		return tx.AppendTimeline(ctx, d.run.ID, eventGone, map[string]any{"proposal": decision.Proposal, "records": decision.Proposed})
	})
}
