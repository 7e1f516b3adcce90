package activities

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/connectors/rest"
	"github.com/koppel-io/koppel/mapping"
	"github.com/koppel-io/koppel/store"
)

// comparedAtOnce is how many records are read singly before what was found is
// kept, comparedParents of how many parents, out of drawnParents, the children
// are listed.
const (
	comparedAtOnce  = 10
	comparedParents = 5
	drawnParents    = 100
)

// comparison compares one stream's remote with what is stored, by counts and a
// sample: half of it drawn from what is stored and read singly, half drawn from
// what the remote lists. It writes nothing but its report.
type comparison struct {
	*Activities
	*pinned
	client    *rest.Client
	lease     store.Lease
	evaluator *mapping.Evaluator
	stream    string
	at        compared
	result    SliceResult
}

// compared is how far a comparison came.
type compared struct {
	// Listed: what the remote lists was looked at.
	Listed bool `json:"listed,omitempty"`
	// Keys are the records that are read singly, Next the first that was not yet.
	Keys   []comparedKey     `json:"keys,omitempty"`
	Next   int               `json:"next,omitempty"`
	Report koppel.Comparison `json:"report"`
}

type comparedKey struct {
	ID     string `json:"id"`
	Parent string `json:"parent,omitempty"`
}

func (a *Activities) compare(ctx context.Context, p *pinned, in SliceInput, story *story) (SliceResult, error) {
	lease, scan, err := a.Store.OpenReplay(ctx, in.Webshop, in.Run, in.Stream)
	if err != nil {
		return SliceResult{}, err
	}
	story.begin(scan.Counts)
	c := &comparison{Activities: a, pinned: p, stream: in.Stream, evaluator: p.evaluator(), lease: lease, result: SliceResult{Counts: scan.Counts}}
	if scan.Ended() {
		c.result.Done = true
		return c.result, nil
	}
	if scan.Resume != nil {
		if err := json.Unmarshal(scan.Resume, &c.at); err != nil {
			return SliceResult{}, koppel.Wrap("resume comparison of "+in.Stream, err)
		}
	}
	if c.client, err = a.client(ctx, p); err != nil {
		return refused(ctx, err)
	}
	defer c.client.Close()
	beat, quiet := heartbeat(ctx, a.Durations.Heartbeat)
	defer quiet()
	if err := c.do(ctx, beat); err != nil {
		return c.ended(ctx, err)
	}
	return c.result, nil
}

// ended tells a remote's error from one of ours.
func (c *comparison) ended(ctx context.Context, err error) (SliceResult, error) {
	if ctx.Err() != nil {
		return SliceResult{}, ctx.Err()
	}
	if koppel.KindOf(err) == koppel.KindInternal {
		return SliceResult{}, err
	}
	c.result.end(err)
	return c.result, nil
}

func (c *comparison) do(ctx context.Context, beat func(koppel.Counts)) error {
	if !c.at.Listed {
		if err := c.list(ctx); err != nil {
			return err
		}
		c.at.Listed = true
		if err := c.keep(ctx, nil); err != nil {
			return err
		}
	}
	watched, done := c.watched(ctx, c.pinned)
	defer done()
	for until := time.Now().Add(c.Durations.Slice); c.at.Next < len(c.at.Keys); beat(c.result.Counts) {
		if h := haltOf(watched); h != nil {
			h.reportIn(&c.result)
			return c.keep(ctx, nil)
		}
		if err := c.single(ctx, c.at.Keys[c.at.Next]); err != nil {
			if kept := c.keep(ctx, nil); kept != nil {
				return kept
			}
			return err
		}
		if c.at.Next++; c.at.Next%comparedAtOnce == 0 {
			if err := c.keep(ctx, nil); err != nil {
				return err
			}
			if time.Now().After(until) {
				return nil
			}
		}
	}
	if err := c.Store.SaveComparison(ctx, c.lease, c.at.Report); err != nil {
		return err
	}
	c.result.Done = true
	return c.keep(ctx, &store.End{Rule: "the sample was compared"})
}

// keep writes how far the comparison came.
func (c *comparison) keep(ctx context.Context, end *store.End) error {
	resume, err := json.Marshal(c.at)
	if err != nil {
		return koppel.Wrap("keep comparison of "+c.stream, err)
	}
	_, err = c.Store.WriteBatch(ctx, &store.Batch{Lease: c.lease, Total: -1, Resume: resume, End: end})
	c.result.Progress = c.result.Progress || err == nil
	return err
}

// sample is how many records are drawn from each side.
func (c *comparison) sample() int {
	n := c.pinned.run.Keys.Sample
	if n <= 0 {
		n = koppel.SampleUsual
	}
	return (n + 1) / 2
}

// list looks at what the remote lists and draws both halves of the sample. What
// is drawn from ours and not listed is left to be read singly.
func (c *comparison) list(ctx context.Context) (err error) {
	r := &c.at.Report
	if *r, err = c.Store.CountStored(ctx, c.lease); err != nil {
		return err
	}
	r.Stream = c.stream
	stream, err := c.client.Stream(c.stream)
	if err != nil {
		return err
	}
	l, err := c.listing(ctx)
	if err != nil {
		return err
	}
	r.Told, r.Untold = l.total, l.untold
	ours, err := c.Store.SampleRecords(ctx, c.lease, l.parents, c.sample())
	if err != nil {
		return err
	}
	drawn, unread := map[string]bool{}, 0
	var look []rest.Record
	for _, record := range ours {
		drawn[record.ID] = true
		there, listed := l.byID[record.ID]
		switch {
		case listed && l.flagged[record.ID]:
			r.Compared(missingThere(record.ID, "the remote marks it as deleted"))
		case listed:
			look = append(look, there)
		case l.whole:
			r.Compared(missingThere(record.ID, "the remote does not list it"))
		case stream.One != nil:
			c.at.Keys = append(c.at.Keys, comparedKey{ID: record.ID, Parent: record.ParentID})
		default:
			unread++
			continue
		}
		r.Ours++
		r.Looked++
	}
	if unread > 0 {
		r.Notes = append(r.Notes, fmt.Sprintf("%d records of ours could not be looked for: the connector reads no single record of %s, and it was not listed to its end", unread, c.stream))
	}
	theirs := slices.DeleteFunc(l.records, func(record rest.Record) bool { return drawn[record.ID] || l.flagged[record.ID] })
	rand.Shuffle(len(theirs), func(i, j int) { theirs[i], theirs[j] = theirs[j], theirs[i] })
	theirs = theirs[:min(len(theirs), c.sample())]
	r.Theirs = int64(len(theirs))
	r.Looked += r.Theirs
	return c.beside(ctx, append(look, theirs...))
}

func missingThere(id, why string) koppel.ComparedRecord {
	return koppel.ComparedRecord{RecordID: id, Outcome: koppel.ComparedMissingThere, Reason: why}
}

// single reads one of our records where it is.
func (c *comparison) single(ctx context.Context, key comparedKey) error {
	parent, err := c.storedParent(ctx, c.pinned, c.stream, key.Parent)
	if err != nil {
		return err
	}
	record, err := c.client.One(ctx, c.stream, key.ID, parent)
	if koppel.KindOf(err) == koppel.KindNotFound {
		c.at.Report.Compared(missingThere(key.ID, koppel.DetailOf(err)))
		return nil
	}
	if err != nil {
		return err
	}
	stream, err := c.client.Stream(c.stream)
	if err != nil {
		return err
	}
	if record.Err == nil && stream.Deletes.Flag != nil {
		flagged, err := c.client.Flagged(stream, record.Raw)
		if err != nil {
			return err
		}
		if flagged {
			c.at.Report.Compared(missingThere(key.ID, "the remote marks it as deleted"))
			return nil
		}
	}
	if record.ParentID == "" {
		record.ParentID = key.Parent
	}
	return c.beside(ctx, []rest.Record{*record})
}
