package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/koppel-io/koppel/faults/verify"
)

// The topics of a teller: of one a call names the record by its id only, of
// the other it holds the record whole.
const (
	topicChanged = "item.changed"
	topicSaved   = "item.saved"
)

// teller is a remote system that tells of every change by signed calls.
type teller struct {
	url    string
	server *http.Server

	mu       sync.Mutex
	accounts []*account
	events   int
	draw     *rand.Rand
}

// account is what one coupling reads.
type account struct {
	key   string
	items []*tellerItem
	hooks map[string]*subscription
}

type tellerItem struct {
	ID      int    `json:"id"`
	Name    string `json:"name"`
	SKU     string `json:"sku"`
	Stock   int    `json:"stock"`
	Changed string `json:"changed"`

	at time.Time
}

type subscription struct {
	ID      string `json:"id"`
	Topic   string `json:"topic"`
	Address string `json:"address"`
	Secret  string `json:"secret,omitempty"`
}

// call is one call of a subscription, as it is sent however often.
type call struct {
	verify.Call
	address, signature string
	body               []byte
	// first is the server that it is sent to first.
	first int
	born  time.Time
}

// newTeller listens with so many accounts of so many items.
func newTeller(accounts, items int, seed uint64) (*teller, error) {
	t := &teller{draw: rand.New(rand.NewPCG(seed, 7))}
	for n := range accounts {
		a := &account{key: fmt.Sprintf("account-%d", n+1), hooks: map[string]*subscription{}}
		for i := range items {
			item := &tellerItem{ID: i + 1, SKU: fmt.Sprintf("SKU-%05d", i+1)}
			item.change()
			a.items = append(a.items, item)
		}
		t.accounts = append(t.accounts, a)
	}
	listener, err := net.Listen("tcp", host+":0")
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /items", t.as(func(a *account, r *http.Request) (any, int) {
		from, _ := strconv.Atoi(r.URL.Query().Get("offset"))
		from = min(max(from, 0), len(a.items))
		return a.items[from:min(from+100, len(a.items))], http.StatusOK
	}))
	mux.HandleFunc("GET /items/{id}", t.as(func(a *account, r *http.Request) (any, int) {
		id, _ := strconv.Atoi(r.PathValue("id"))
		if id < 1 || id > len(a.items) {
			return nil, http.StatusNotFound
		}
		return a.items[id-1], http.StatusOK
	}))
	mux.HandleFunc("GET /hooks", t.as(func(a *account, _ *http.Request) (any, int) {
		list := []subscription{}
		for _, h := range a.hooks {
			list = append(list, subscription{ID: h.ID, Topic: h.Topic, Address: h.Address})
		}
		return list, http.StatusOK
	}))
	mux.HandleFunc("POST /hooks", t.as(func(a *account, r *http.Request) (any, int) {
		var h subscription
		if err := json.NewDecoder(r.Body).Decode(&h); err != nil {
			return nil, http.StatusBadRequest
		}
		h.ID = a.key + "/" + h.Topic
		a.hooks[h.Topic] = &h
		return map[string]string{"id": h.ID}, http.StatusCreated
	}))
	t.url = "http://" + listener.Addr().String()
	t.server = &http.Server{Handler: mux, ReadHeaderTimeout: time.Minute}
	go func() { _ = t.server.Serve(listener) }()
	return t, nil
}

// as answers as the account whose key a request carries.
func (t *teller) as(do func(*account, *http.Request) (any, int)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		key, _, _ := r.BasicAuth()
		t.mu.Lock()
		var answer any
		status := http.StatusUnauthorized
		for _, a := range t.accounts {
			if a.key == key {
				answer, status = do(a, r)
			}
		}
		body, err := json.Marshal(answer)
		t.mu.Unlock()
		if err != nil {
			status = http.StatusInternalServerError
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = w.Write(body)
	}
}

// change gives an item another state, at a later moment than any before.
func (i *tellerItem) change() {
	now := time.Now().UTC().Truncate(time.Millisecond)
	if !now.After(i.at) {
		now = i.at.Add(time.Millisecond)
	}
	i.at, i.Changed = now, now.Format("2006-01-02T15:04:05.000Z")
	i.Stock++
	i.Name = fmt.Sprintf("Item %d, edition %d", i.ID, i.Stock)
}

// next changes an item that is drawn and gives the call that tells of it.
func (t *teller) next() (*call, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	a := t.accounts[t.draw.IntN(len(t.accounts))]
	item := a.items[t.draw.IntN(len(a.items))]
	item.change()
	t.events++
	event := strconv.Itoa(t.events)
	told := map[string]any{"event": event, "at": item.Changed, "topic": topicChanged, "id": item.ID}
	if t.draw.IntN(2) == 0 {
		told = map[string]any{"event": event, "at": item.Changed, "topic": topicSaved, "item": item}
	}
	hook := a.hooks[told["topic"].(string)]
	body, err := json.Marshal(told)
	if err != nil {
		return nil, err
	}
	mac := hmac.New(sha256.New, []byte(hook.Secret))
	mac.Write(body)
	return &call{
		Call:    verify.Call{Subscription: hook.ID, Event: event, Hash: sha256.Sum256(body)},
		address: hook.Address, body: body, signature: hex.EncodeToString(mac.Sum(nil)), first: t.draw.IntN(2), born: time.Now(),
	}, nil
}

// subscribed reports whether every account has a subscription of each topic.
func (t *teller) subscribed() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, a := range t.accounts {
		if len(a.hooks) < 2 {
			return false
		}
	}
	return true
}

// truth is every account's items as they are now, by account and id.
func (t *teller) truth() map[string]map[string]verify.Item {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := map[string]map[string]verify.Item{}
	for _, a := range t.accounts {
		all[a.key] = map[string]verify.Item{}
		for _, i := range a.items {
			all[a.key][strconv.Itoa(i.ID)] = verify.Item{Name: i.Name, SKU: i.SKU, Stock: int64(i.Stock)}
		}
	}
	return all
}

// tellerManifest and tellerMapping are the connector that couples a teller.
const (
	tellerManifest = `connector: teller
version: 1.0.0
name: Teller
provider_types: [sync]
credentials:
  url: { type: url, title: Address }
  key: { type: string, secret: true, title: Key }
http:
  base: ${credentials.url}
  auth: { basic: { username: "${credentials.key}", password: "" } }
  budget: { key: credential, concurrency: 4 }
  check: { get: /items }
streams:
  items:
    get: /items
    key: id
    page: { offset: offset, full: 100, end: { short: true }, steady: true }
    since: { query: { since: "${since}" }, changed: changed, layout: "2006-01-02T15:04:05.000Z07:00", overlap: 1m }
    one: { get: "/items/${id}", gone: { status: 404 } }
    deletes: missing
    shape: { id: int, name: string, sku: string, stock: int, changed: string }
webhooks:
  verify: { hmac: sha256, header: X-Teller-Signature, timestamp: { at: body.at, within: 1h } }
  topic: body.topic
  event_id: body.event
  topics:
    item.changed: { reads: items, id: body.id }
    item.saved: { lands: items, records: item }
  subscribe: { post: /hooks, body: { topic: "${topic}", address: "${callback}", secret: "${secret}" }, id: body.id }
  list: { get: /hooks, id: record.id, callback: record.address }
  unsubscribe: { delete: "/hooks/${subscription.id}" }
`
	tellerMapping = `objects:
  products:
    from: items
    remote_id: string(record.id)
    name: record.name
    sku_code: record.sku
    stock_level: record.stock
    status: '"enabled"'
    updated_at_remote: time(record.changed, "2006-01-02T15:04:05.000Z07:00")
`
)
