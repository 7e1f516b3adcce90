package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/fakes/demoshop"
	"github.com/koppel-io/koppel/faults/verify"
)

// deletesVerdict is the outcome of the board deletes.
type deletesVerdict struct {
	Faults string `json:"faults"`
	// Products is how many can be bought, Lies is how many ways to lie about
	// them were tried, each at every page of the list.
	Products int `json:"products"`
	Lies     int `json:"lies"`
	// Scans were full reads that were lied to, Struck the answers that lied.
	Scans  int64 `json:"scans"`
	Struck int64 `json:"struck"`
	// Ended counts the scans by the state in which their run ended.
	Ended map[koppel.RunState]int64 `json:"ended"`
	// Deleted products were deleted for good while they were read. Wrong is how
	// often a scan left a product disabled that the shop still lists.
	Deleted int   `json:"deleted"`
	Wrong   int64 `json:"wrong"`
	// Kept are deleted products that were not disabled by the last, honest scan.
	Kept int64 `json:"kept"`
	// Proposals were left to a person, who approved none.
	Proposals int64   `json:"proposals"`
	Seed      uint64  `json:"seed"`
	Seconds   float64 `json:"seconds"`

	found verify.Findings
}

func (v deletesVerdict) check() error {
	var errs []error
	if v.Scans == 0 || v.Struck < v.Scans || v.Deleted == 0 {
		errs = append(errs, fmt.Errorf("%d scans met %d lies and %d products were deleted: the board proves nothing", v.Scans, v.Struck, v.Deleted))
	}
	if v.Wrong != 0 {
		errs = append(errs, fmt.Errorf("%d times a product was disabled that the shop lists", v.Wrong))
	}
	if v.Kept != 0 {
		errs = append(errs, fmt.Errorf("%d deleted products are not disabled", v.Kept))
	}
	return errors.Join(append(errs, v.found.Err())...)
}

// lie is one way in which a list is not the truth, or not any more.
type lie struct {
	name  string
	fault demoshop.Fault
	// deletes: each time it strikes, a product is gone for good. It is played
	// a few times only, or nothing would be left.
	deletes bool
}

// lies are played at every page of the list, twice in a row each: two scans
// that agree are no proof when both were lied to.
func lies() []lie {
	once := func(kind demoshop.FaultKind) demoshop.Fault { return demoshop.Fault{Kind: kind, Times: 1} }
	all := func(kind demoshop.FaultKind) demoshop.Fault { return demoshop.Fault{Kind: kind, Share: 1} }
	cut := func(how string) demoshop.Fault { return demoshop.Fault{Kind: demoshop.Truncate, Cut: how, Times: 1} }
	return []lie{
		{name: "a page is empty", fault: once(demoshop.EmptyList)},
		{name: "the list ends", fault: all(demoshop.EmptyList)},
		{name: "a page is a tenth", fault: once(demoshop.TenthList)},
		{name: "the list is a tenth", fault: all(demoshop.TenthList)},
		{name: "the total is too low", fault: all(demoshop.LowTotal)},
		{name: "a page comes again", fault: once(demoshop.RepeatPage)},
		{name: "a body ends early", fault: cut("json")},
		{name: "a body is shorter than it says", fault: cut("length")},
		{name: "a body lacks its last chunk", fault: cut("chunk")},
		{name: "no answer", fault: demoshop.Fault{Kind: demoshop.HangBefore, Times: 1, DelayMS: 100}},
		{name: "an error", fault: once(demoshop.ErrorBefore)},
		{name: "a row is deleted meanwhile", fault: once(demoshop.RowDeleted), deletes: true},
	}
}

// lying is the board deletes while it is played.
type lying struct {
	*platform
	site    *site
	verdict deletesVerdict
}

func playDeletes(ctx context.Context, p profile, log string, say *progress) (verdict, error) {
	l, err := newLying(ctx, p, log, say)
	if err != nil {
		return nil, err
	}
	defer l.close()
	if err := l.play(ctx); err != nil {
		return nil, err
	}
	err = l.judge(ctx)
	return l.verdict, err
}

func newLying(ctx context.Context, p profile, log string, say *progress) (*lying, error) {
	say.say("seed %d: %d products", p.seed, p.products)
	f, err := start(ctx, p, log, say)
	if err != nil {
		return nil, err
	}
	l := &lying{platform: f, verdict: deletesVerdict{Faults: "deletes", Seed: p.seed, Lies: len(lies()), Ended: map[koppel.RunState]int64{}}}
	sites, err := f.furnish(ctx, p.webshops)
	if err != nil {
		f.close()
		return nil, err
	}
	l.site = sites[0]
	return l, nil
}

// lists are what is read in pages: the shop has both in lists of their own.
var lists = []string{"/products", "/variations"}

// play tells every lie at every page, then lets the shop be honest once.
func (l *lying) play(ctx context.Context) error {
	if err := l.site.activate(ctx); err != nil {
		return err
	}
	for _, path := range lists {
		for _, lie := range lies() {
			if lie.deletes && path != lists[0] {
				continue
			}
			pages, ended, err := l.tell(ctx, path, lie)
			if err != nil {
				return err
			}
			l.say.say("%s: %s, at each of %d pages: %v; %d wrong so far", path, lie.name, pages, ended, l.verdict.Wrong)
		}
	}
	if err := l.shop.misbehave(ctx, demoshop.Misbehaviour{}); err != nil {
		return err
	}
	for range 2 { // what only two scans in a row prove
		if _, err := l.site.sync(ctx, koppel.Products, koppel.ModeFull); err != nil {
			return err
		}
	}
	return l.settle(ctx)
}

// tell tells a lie at one page after the other until none is left to spoil. It
// says how many pages there were and how the scans ended.
func (l *lying) tell(ctx context.Context, path string, lie lie) (pages int, ended map[koppel.RunState]int64, err error) {
	ended = map[koppel.RunState]int64{}
	times := 2
	if lie.deletes {
		times = 1
	}
	for ; ; pages++ {
		fault := lie.fault
		fault.Path, fault.Skip = path, pages
		for range times {
			before, err := l.shop.struck(ctx)
			if err != nil {
				return pages, ended, err
			}
			if err := l.shop.misbehave(ctx, demoshop.Misbehaviour{Faults: []demoshop.Fault{fault}}); err != nil {
				return pages, ended, err
			}
			run, err := l.site.sync(ctx, koppel.Products, koppel.ModeFull)
			if err != nil {
				return pages, ended, err
			}
			after, err := l.shop.struck(ctx)
			if err != nil {
				return pages, ended, err
			}
			if after == before {
				return pages, ended, nil
			}
			l.verdict.Scans++
			l.verdict.Struck += after - before
			l.verdict.Ended[run.State]++
			ended[run.State]++
			if err := l.look(ctx, fmt.Sprintf("%s: %s at page %d", path, lie.name, pages+1)); err != nil {
				return pages, ended, err
			}
		}
	}
}

const goneSQL = `
SELECT s.remote_id FROM source s LEFT JOIN product p ON p.webshop_id = s.webshop_id AND p.id = s.object_id
WHERE s.object = 'products' AND (s.gone_at IS NOT NULL OR p.state_reason = 'gone') ORDER BY s.remote_id`

// look counts the products that are gone here and not there.
func (l *lying) look(ctx context.Context, after string) error {
	gone, err := l.ids(ctx)
	if err != nil {
		return err
	}
	deleted, err := l.shop.gone(ctx)
	if err != nil {
		return err
	}
	for _, id := range gone {
		if !deleted[id] {
			l.verdict.Wrong++
			l.say.say("wrong: %s: product %s is disabled and listed", after, id)
		}
	}
	return nil
}

// ids are the remote ids of the products that are gone here.
func (l *lying) ids(ctx context.Context) (ids []string, err error) {
	err = l.db.QueryRow(ctx, `SELECT coalesce(array_agg(remote_id), '{}') FROM (`+goneSQL+`) gone`).Scan(&ids)
	return ids, err
}

// judge compares everything once the shop was honest.
func (l *lying) judge(ctx context.Context) error {
	v := &l.verdict
	deleted, err := l.shop.gone(ctx)
	if err != nil {
		return err
	}
	if err := l.look(ctx, "the honest scan"); err != nil {
		return err
	}
	gone, err := l.ids(ctx)
	if err != nil {
		return err
	}
	v.Deleted, v.Kept = len(deleted), int64(len(deleted))
	for _, id := range gone {
		if deleted[id] {
			v.Kept--
		}
	}
	err = l.db.QueryRow(ctx, `SELECT (SELECT count(*) FROM source WHERE object = 'products'), (SELECT count(*) FROM proposal)`).Scan(&v.Products, &v.Proposals)
	if err != nil {
		return err
	}
	if v.found, err = l.verify(ctx); err != nil {
		return err
	}
	// Runs that were lied to may fail: that they do is what is asked of them.
	v.found.FailedRuns = 0
	v.Seconds = float64(time.Since(l.say.began).Round(100*time.Millisecond)) / float64(time.Second)
	return nil
}
