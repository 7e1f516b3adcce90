package store

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/riverqueue/river"
)

// Arrival is a call of a webhook that was verified.
type Arrival struct {
	Webshop, Coupling, Hook int64
	EventID, Topic          string
	// ContentType tells how Body is to be read.
	ContentType string
	Body        []byte
}

// arrivals gathers arrivals that come at once: each webshop's are written by one transaction after the other, so that
// under load many share one.
type arrivals struct {
	mu      sync.Mutex
	waiting map[int64][]*arriving
	writing map[int64]bool
}

// arriving is an arrival whose caller waits.
type arriving struct {
	Arrival
	hash   [sha256.Size]byte
	repeat bool
	err    error
	done   chan struct{}
}

const (
	// arrivalsAtOnce and bytesAtOnce bound one transaction of arrivals.
	arrivalsAtOnce = 200
	bytesAtOnce    = 8 << 20
	// arrivalsMost bounds what waits of one webshop; above it callers are sent away and come again.
	arrivalsMost = 5000
	// arrivalLimit is how long a transaction of arrivals may take.
	arrivalLimit = 10 * time.Second
)

// Receive stores a call once, together with the job that works it off. It reports whether the call is a repeat, which
// is stored already. When it returns without an error the call is durable. It needs the app role.
func (db *DB) Receive(ctx context.Context, a Arrival) (repeat bool, err error) {
	const op = "receive webhook"
	one := &arriving{Arrival: a, hash: sha256.Sum256(a.Body), done: make(chan struct{})}
	if !db.arrivals.add(db, one) {
		return false, &koppel.Error{Kind: koppel.KindRateLimited, Op: op, Detail: "more calls wait than can be stored; send it again", RetryAfter: time.Second}
	}
	select {
	case <-one.done:
		return one.repeat, db.wrap(op, one.err)
	case <-ctx.Done():
		// Whether it is stored is not known; the caller sends it again.
		return false, koppel.Wrap(op, ctx.Err())
	}
}

func (in *arrivals) add(db *DB, one *arriving) bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.waiting == nil {
		in.waiting, in.writing = map[int64][]*arriving{}, map[int64]bool{}
	}
	if len(in.waiting[one.Webshop]) >= arrivalsMost {
		return false
	}
	in.waiting[one.Webshop] = append(in.waiting[one.Webshop], one)
	if !in.writing[one.Webshop] {
		in.writing[one.Webshop] = true
		go in.write(db, one.Webshop)
	}
	return true
}

// take is the next transaction's worth; none when nothing waits any more.
func (in *arrivals) take(webshop int64) []*arriving {
	in.mu.Lock()
	defer in.mu.Unlock()
	all := in.waiting[webshop]
	n, size := 0, 0
	for n < len(all) && n < arrivalsAtOnce && (n == 0 || size+len(all[n].Body) <= bytesAtOnce) {
		size += len(all[n].Body)
		n++
	}
	if n == 0 {
		delete(in.waiting, webshop)
		delete(in.writing, webshop)
		return nil
	}
	in.waiting[webshop] = all[n:]
	return all[:n:n]
}

func (in *arrivals) write(db *DB, webshop int64) {
	for batch := in.take(webshop); len(batch) > 0; batch = in.take(webshop) {
		ctx, cancel := context.WithTimeout(context.Background(), arrivalLimit)
		err := db.storeArrivals(ctx, webshop, batch)
		cancel()
		for _, one := range batch {
			one.err = err
			close(one.done)
		}
	}
}

const receiveSQL = `
WITH given AS (
    SELECT * FROM unnest($2::bigint[], $3::bigint[], $4::text[], $5::bytea[], $6::text[], $7::text[], $8::bytea[])
        AS g(hook, coupling, event, hash, topic, content, body)
), kept AS (
    INSERT INTO inbox_key (webshop_id, hook_id, event_id, body_hash)
    SELECT $1, hook, event, hash FROM given ORDER BY hook, event, hash
    ON CONFLICT (hook_id, event_id, body_hash) DO UPDATE SET repeats = inbox_key.repeats + 1
    RETURNING hook_id, event_id, body_hash, repeats
), stored AS (
    INSERT INTO inbox (webshop_id, coupling_id, hook_id, event_id, body_hash, topic, headers, body)
    SELECT $1, g.coupling, g.hook, g.event, g.hash, g.topic, jsonb_build_object('content-type', g.content), g.body
    FROM given g JOIN kept k ON k.hook_id = g.hook AND k.event_id = g.event AND k.body_hash = g.hash
    WHERE k.repeats = 0
    RETURNING id, hook_id, event_id, body_hash, at
)
SELECT id, hook_id AS hook, event_id AS event, body_hash AS hash, at FROM stored ORDER BY id`

type storedCall struct {
	ID, Hook int64
	Event    string
	Hash     []byte
	At       time.Time
}

// storeArrivals writes a batch and one job for each webhook in it.
func (db *DB) storeArrivals(ctx context.Context, webshop int64, batch []*arriving) error {
	// One of each in a fixed order: two writers of the same calls then wait for one another and never cross.
	list := slices.Clone(batch)
	slices.SortStableFunc(list, func(a, b *arriving) int {
		return cmp.Or(cmp.Compare(a.Hook, b.Hook), strings.Compare(a.EventID, b.EventID), bytes.Compare(a.hash[:], b.hash[:]))
	})
	same := func(a, b *arriving) bool { return a.Hook == b.Hook && a.EventID == b.EventID && a.hash == b.hash }
	first := slices.CompactFunc(slices.Clone(list), same)
	n := len(first)
	hooks, couplings := make([]int64, n), make([]int64, n)
	events, topics, contents := make([]string, n), make([]string, n), make([]string, n)
	hashes, bodies := make([][]byte, n), make([][]byte, n)
	for i, a := range first {
		hooks[i], couplings[i], events[i], topics[i], contents[i] = a.Hook, a.Coupling, a.EventID, a.Topic, a.ContentType
		hashes[i], bodies[i] = a.hash[:], a.Body
	}
	var stored []storedCall
	err := db.InTx(ctx, ForWebshop(webshop), func(tx *Tx) (err error) {
		stored, err = many[storedCall](ctx, tx, receiveSQL, webshop, hooks, couplings, events, hashes, topics, contents, bodies)
		if err != nil || len(stored) == 0 {
			return err
		}
		return tx.addJobs(ctx, inboxJobs(webshop, stored)...)
	})
	if err != nil {
		return err
	}
	type key struct {
		hook  int64
		event string
		hash  [sha256.Size]byte
	}
	fresh := map[key]bool{}
	for _, call := range stored {
		fresh[key{call.Hook, call.Event, [sha256.Size]byte(call.Hash)}] = true
	}
	for i, a := range list {
		a.repeat = i > 0 && same(a, list[i-1]) || !fresh[key{a.Hook, a.EventID, a.hash}]
	}
	return nil
}

func inboxJobs(webshop int64, stored []storedCall) []river.JobArgs {
	byHook := map[int64]*InboxJob{}
	var order []int64
	for _, call := range stored {
		job := byHook[call.Hook]
		if job == nil {
			job = &InboxJob{Webshop: webshop, Hook: call.Hook, Since: call.At}
			byHook[call.Hook] = job
			order = append(order, call.Hook)
		}
		if call.At.Before(job.Since) {
			job.Since = call.At
		}
		job.Calls = append(job.Calls, call.ID)
	}
	list := make([]river.JobArgs, len(order))
	for i, hook := range order {
		list[i] = *byHook[hook]
	}
	return list
}
