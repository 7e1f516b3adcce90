package bol

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"slices"
	"sync"
	"time"
)

// events are what waits to be delivered to subscriptions.
type events struct {
	mu     sync.Mutex
	queue  []eventFor
	signal chan struct{}
}

// eventFor is one event on its way to one subscription.
type eventFor struct {
	to   *subscription
	key  signatureKey
	body []byte
}

// answersWithin is how long a receiver may take.
const answersWithin = 5 * time.Second

// retailerID is the account's number in events.
const retailerID = 1234567

func (e *events) init() { e.signal = make(chan struct{}, 1) }

func (e *events) add(one eventFor) {
	e.mu.Lock()
	e.queue = append(e.queue, one)
	e.mu.Unlock()
	select {
	case e.signal <- struct{}{}:
	default:
	}
}

func (e *events) next() (eventFor, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.queue) == 0 {
		return eventFor{}, false
	}
	one := e.queue[0]
	e.queue = e.queue[1:]
	return one, true
}

// notice renders an event: ids only.
func notice(a *Account, resource, kind, id string, at time.Time) []byte {
	return marshal(map[string]any{
		"retailerId": retailerID, "timestamp": a.stamp(at),
		"event": map[string]string{"resource": resource, "type": kind, "resourceId": id},
	})
}

// event tells the subscriptions of something that happened; the lock is held.
func (a *Account) event(resource, kind, id string, at time.Time) {
	for _, s := range a.subscriptions {
		if s.Enabled && slices.Contains(s.Resources, resource) {
			a.events.add(eventFor{s, a.signWith(), notice(a, resource, kind, id, at)})
		}
	}
}

// Run carries out writes that nobody asks about and delivers events until ctx ends.
func (a *Account) Run(ctx context.Context) {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	var sending sync.WaitGroup
	defer sending.Wait()
	for {
		for one, ok := a.events.next(); ok; one, ok = a.events.next() {
			sending.Go(func() { a.deliver(ctx, one) })
		}
		select {
		case <-ctx.Done():
			return
		case <-a.closed:
			return
		case <-a.events.signal:
		case <-tick.C:
			a.mu.Lock()
			a.settle(a.cfg.Now())
			a.mu.Unlock()
		}
	}
}

// deliver tries an event until it is taken. After the last try the
// subscription is switched off, which nobody is told.
func (a *Account) deliver(ctx context.Context, one eventFor) {
	for try := range a.cfg.WebhookTries {
		if try > 0 {
			select {
			case <-ctx.Done():
				return
			case <-a.closed:
				return
			case <-time.After(a.cfg.WebhookRetry):
			}
		}
		taken := a.post(ctx, one)
		a.ledger.delivery(one.to.ID, taken)
		if taken {
			return
		}
	}
	a.mu.Lock()
	one.to.Enabled = false
	a.mu.Unlock()
}

func (a *Account) post(ctx context.Context, one eventFor) bool {
	ctx, cancel := context.WithTimeout(ctx, answersWithin)
	defer cancel()
	a.mu.Lock()
	target := one.to.URL
	a.mu.Unlock()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, target, bytes.NewReader(one.body))
	if err != nil {
		return false
	}
	sum := sha256.Sum256(one.body)
	signature, err := rsa.SignPKCS1v15(rand.Reader, one.key.key, crypto.SHA256, sum[:])
	if err != nil {
		return false
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Signature", "keyId="+one.key.id+`, algorithm="rsa-sha256", signature=`+base64.StdEncoding.EncodeToString(signature))
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return false
	}
	_ = res.Body.Close() // what a receiver says is not read
	return res.StatusCode/100 == 2
}
