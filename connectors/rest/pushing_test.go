package rest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/koppel-io/koppel"
)

const stepsManifest = head + `
http: { base: "%s" }
push:
  buy_orders:
    find: { get: /orders, page: { offset: offset, full: 2, most: 3 }, where: record.ref == object.reference, id: record.id }
    one: { get: "/orders/${id}" }
    create:
      steps:
        order: { post: /orders, body: { ref: "${object.reference}" }, id: body.id, keep: { number: "${body.number}" } }
        final: { post: "/orders/${id}/final/${steps.order.number}", done: remote.status == "final" }
    cancel: { delete: "/orders/${id}", done: remote.status == "cancelled" }
  stock:
    set:
      read: { get: "/stock/${id}", value: body.stock }
      write: { put: "/stock/${id}", body: { stock: "${target}" } }
  shipments:
    find: { get: /nowhere, id: record.id }
    create:
      post: /jobs
      keep: { job: "${body.job}" }
      poll: { get: "/jobs/${kept.job}", ended: body.state != "PENDING", success: body.state == "DONE", id: body.entity, every: 2s }
`

// orderBook is a remote that takes an order in two steps.
type orderBook struct {
	mu     sync.Mutex
	orders []map[string]string
	stock  string
	jobs   []string // the states that a job goes through
	seen   []string
	// spoil answers a request badly, after its effect when the path says so.
	spoil map[string]int
}

func (b *orderBook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	at := r.Method + " " + r.URL.Path
	b.seen = append(b.seen, at)
	body, _ := io.ReadAll(r.Body)
	if status := b.spoil["before "+at]; status > 0 {
		delete(b.spoil, "before "+at)
		w.WriteHeader(status)
		return
	}
	answer := b.do(at, r, string(body))
	if status := b.spoil["after "+at]; status > 0 {
		delete(b.spoil, "after "+at)
		w.WriteHeader(status)
		return
	}
	if answer == "" {
		w.WriteHeader(http.StatusNotFound)
	}
	_, _ = io.WriteString(w, answer)
}

func (b *orderBook) do(at string, r *http.Request, body string) string {
	show := func(o map[string]string) string {
		return fmt.Sprintf(`{"id":"%s","ref":"%s","status":"%s","number":"N%s"}`, o["id"], o["ref"], o["status"], o["id"])
	}
	switch {
	case at == "POST /orders":
		o := map[string]string{"id": fmt.Sprint(len(b.orders) + 1), "status": "concept", "ref": strings.Split(body, `"`)[3]}
		b.orders = append(b.orders, o)
		return show(o)
	case at == "GET /orders":
		var offset int
		_, _ = fmt.Sscan(r.URL.Query().Get("offset"), &offset)
		var rows []string
		for _, o := range b.orders[min(offset, len(b.orders)):min(offset+2, len(b.orders))] {
			rows = append(rows, show(o))
		}
		return "[" + strings.Join(rows, ",") + "]"
	case strings.HasPrefix(at, "PUT /stock"):
		b.stock = strings.Trim(strings.TrimPrefix(body, `{"stock":`), "}")
		return `{}`
	case strings.HasPrefix(at, "GET /stock"):
		return `{"stock":` + b.stock + `}`
	case at == "POST /jobs":
		return `{"job":"J1"}`
	case at == "GET /jobs/J1":
		state := b.jobs[0]
		b.jobs = b.jobs[1:]
		return `{"state":"` + state + `","entity":"E1","message":"no such article"}`
	}
	parts := strings.Split(r.URL.Path, "/")
	for _, o := range b.orders {
		if len(parts) > 2 && o["id"] == parts[2] {
			if len(parts) == 5 && parts[3] == "final" && parts[4] == "N"+o["id"] {
				o["status"] = "final"
			}
			if r.Method == http.MethodDelete {
				o["status"] = "cancelled"
			}
			return show(o)
		}
	}
	return ""
}

// took are the writing requests since the last call.
func (b *orderBook) took() (seen []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, at := range b.seen {
		if !strings.HasPrefix(at, "GET") {
			seen = append(seen, at)
		}
	}
	b.seen = nil
	return seen
}

// pushed makes attempts as the activity does: state is kept, and after an
// unknown outcome the next attempt looks.
type attempts struct {
	*testing.T
	client *Client
	state  PushState
	saved  int
	// dies makes keeping the state fail at this call, as a worker that is killed.
	dies int
}

func (a *attempts) push(in Pushing) (PushResult, error) {
	a.Helper()
	in.State = a.state
	in.Save = func(_ context.Context, state PushState) error {
		if a.saved++; a.saved == a.dies {
			return errors.New("killed")
		}
		a.state = state
		return nil
	}
	return a.client.Push(a.Context(), in)
}

func orderBookClient(t *testing.T, b *orderBook) *attempts {
	t.Helper()
	if b.spoil == nil {
		b.spoil = map[string]int{}
	}
	server := httptest.NewServer(b)
	t.Cleanup(server.Close)
	return &attempts{T: t, client: client(t, manifest(t, stepsManifest, server.URL))}
}

func orderOf(reference string) Pushing {
	return Pushing{Object: koppel.BuyOrders, Operation: PushCreate, Vars: map[string]any{"object": map[string]any{"reference": reference}}}
}

// After a crash or an answer that was lost, a push of two steps goes on at the
// step that was not done, and does none twice.
func TestStepsResume(t *testing.T) {
	t.Parallel()
	const first, second = "POST /orders", "POST /orders/1/final/N1"
	for name, tc := range map[string]struct {
		spoil map[string]int
		dies  int
		again []string // what the second attempt writes
	}{
		"first step lost":           {map[string]int{"after " + first: 500}, 0, []string{second}},
		"first step never arrived":  {map[string]int{"before " + first: 502}, 0, []string{first, second}},
		"killed after first step":   {nil, 1, []string{second}},
		"second step lost":          {map[string]int{"after " + second: 503}, 0, nil},
		"second step never arrived": {map[string]int{"before " + second: 504}, 0, []string{second}},
		"killed after second step":  {nil, 2, nil},
	} {
		book := &orderBook{spoil: tc.spoil}
		a := orderBookClient(t, book)
		a.dies = tc.dies
		if _, err := a.push(orderOf("KOP1")); !isUnknown(err) {
			t.Errorf("%s: the first attempt: %v", name, err)
		}
		book.took()
		in := orderOf("KOP1")
		in.LookUp = true
		result, err := a.push(in)
		if err != nil || result.ID != "1" {
			t.Errorf("%s: the second attempt: %+v %v", name, result, err)
		}
		if diff := cmp.Diff(tc.again, book.took()); diff != "" {
			t.Errorf("%s: the second attempt wrote (-want +got):\n%s", name, diff)
		}
		if len(book.orders) != 1 || book.orders[0]["status"] != "final" {
			t.Errorf("%s: the remote has %v", name, book.orders)
		}
	}
}

// A refusal of the second step is certain, and keeps the first one done.
func TestStepRefused(t *testing.T) {
	t.Parallel()
	book := &orderBook{spoil: map[string]int{"before POST /orders/1/final/N1": 422}}
	a := orderBookClient(t, book)
	if _, err := a.push(orderOf("KOP1")); err == nil || isUnknown(err) || koppel.KindOf(err) != koppel.KindInvalidRequest {
		t.Fatalf("the refused step: %v", err)
	}
	book.took()
	if result, err := a.push(orderOf("KOP1")); err != nil || result.ID != "1" {
		t.Errorf("%+v %v", result, err)
	}
	if diff := cmp.Diff([]string{"POST /orders/1/final/N1"}, book.took()); diff != "" {
		t.Errorf("wrote (-want +got):\n%s", diff)
	}
}

// A look-up goes through the pages up to the one that is not full, and says so
// when the pages it may read do not end.
func TestFindLooksThroughPages(t *testing.T) {
	t.Parallel()
	book := &orderBook{}
	a := orderBookClient(t, book)
	for n := range 5 {
		book.orders = append(book.orders, map[string]string{"id": fmt.Sprint(n + 1), "ref": fmt.Sprintf("KOP%d", n+1)})
	}
	if result, found, err := a.client.FindPushed(t.Context(), koppel.BuyOrders, orderOf("KOP5").Vars); err != nil || !found || result.ID != "5" {
		t.Errorf("found %+v %v %v", result, found, err)
	}
	if _, found, err := a.client.FindPushed(t.Context(), koppel.BuyOrders, orderOf("KOP9").Vars); err != nil || found {
		t.Errorf("found what is not there: %v %v", found, err)
	}
	book.orders = append(book.orders, map[string]string{"id": "6", "ref": "KOP6"})
	if _, _, err := a.client.FindPushed(t.Context(), koppel.BuyOrders, orderOf("KOP9").Vars); koppel.KindOf(err) != koppel.KindTooLarge {
		t.Errorf("a look-up that does not end: %v", err)
	}
}

func TestCancel(t *testing.T) {
	t.Parallel()
	book := &orderBook{orders: []map[string]string{{"id": "1", "ref": "KOP1", "status": "final"}}}
	a := orderBookClient(t, book)
	in := orderOf("KOP1")
	in.Operation, in.ID = PushCancel, "1"
	for _, want := range [][]string{{"DELETE /orders/1"}, nil} {
		if result, err := a.push(in); err != nil || result.ID != "1" {
			t.Errorf("%+v %v", result, err)
		}
		if diff := cmp.Diff(want, book.took()); diff != "" {
			t.Errorf("wrote (-want +got):\n%s", diff)
		}
	}
	in.ID = "7"
	if _, err := orderBookClient(t, book).push(in); err != nil {
		t.Errorf("what is gone already: %v", err)
	}
}

// An absolute write whose outcome is unknown is told by what the remote has:
// the target was written, what was there before was lost, anything else is
// somebody else's.
func TestSetIsAbsolute(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		spoil string
		other string // what somebody else writes meanwhile
		wrote int
		stock string
		kind  koppel.Kind
	}{
		"lost after":  {spoil: "after", wrote: 0, stock: "7"},
		"lost before": {spoil: "before", wrote: 1, stock: "7"},
		"foreign":     {spoil: "before", other: "4", wrote: 0, stock: "4", kind: koppel.KindConflict},
	} {
		book := &orderBook{stock: "5", spoil: map[string]int{tc.spoil + " PUT /stock/1": 500}}
		a := orderBookClient(t, book)
		in := Pushing{Object: koppel.Stock, Operation: PushSetTo, ID: "1", Target: int64(7), Vars: map[string]any{"object": nil}}
		if _, err := a.push(in); !isUnknown(err) {
			t.Errorf("%s: %v", name, err)
		}
		book.took()
		if tc.other != "" {
			book.stock = tc.other
		}
		in.LookUp = true
		if _, err := a.push(in); koppel.KindOf(err) != tc.kind {
			t.Errorf("%s: %v", name, err)
		}
		if wrote := len(book.took()); wrote != tc.wrote || book.stock != tc.stock {
			t.Errorf("%s: wrote %d times, the stock is %s", name, wrote, book.stock)
		}
	}
}

// A write that the remote does later is asked for until it ended; a crash in
// between neither sends it again nor forgets it.
func TestPollUntilEnded(t *testing.T) {
	t.Parallel()
	book := &orderBook{jobs: []string{"PENDING", "PENDING", "DONE"}}
	a := orderBookClient(t, book)
	in := Pushing{Object: koppel.Shipments, Operation: PushCreate, Vars: map[string]any{"object": nil}}
	for range 2 {
		if result, err := a.push(in); err != nil || result.Wait != 2*time.Second {
			t.Fatalf("%+v %v", result, err)
		}
		in.LookUp = true // as after a worker that died while it waited
	}
	if result, err := a.push(in); err != nil || result.Wait != 0 || result.ID != "E1" {
		t.Errorf("%+v %v", result, err)
	}
	if diff := cmp.Diff([]string{"POST /jobs"}, book.took()); diff != "" {
		t.Errorf("wrote (-want +got):\n%s", diff)
	}
	book.jobs = []string{"FAILED"}
	a.state, in.LookUp = PushState{}, false
	if _, err := a.push(in); err == nil || isUnknown(err) || !strings.Contains(err.Error(), "no such article") {
		t.Errorf("a job that failed: %v", err)
	}
}

func TestPreviewSendsNothing(t *testing.T) {
	t.Parallel()
	book := &orderBook{stock: "5"}
	a := orderBookClient(t, book)
	shown, err := a.client.Preview(t.Context(), orderOf("KOP1"))
	if err != nil || len(shown.Requests) != 2 || shown.Requests[0].Method != "POST" || !strings.HasSuffix(shown.Requests[1].URL, "/orders/%7Bid%7D/final/%7Bnumber%7D") {
		t.Errorf("%+v %v", shown, err)
	}
	book.orders = []map[string]string{{"id": "1", "ref": "KOP1", "status": "final"}}
	if shown, err := a.client.Preview(t.Context(), orderOf("KOP1")); err != nil || len(shown.Requests) != 0 || shown.ID != "1" {
		t.Errorf("what the remote has already: %+v %v", shown, err)
	}
	set := Pushing{Object: koppel.Stock, Operation: PushSetTo, ID: "1", Target: int64(7), Vars: map[string]any{"object": nil}}
	if shown, err := a.client.Preview(t.Context(), set); err != nil || len(shown.Requests) != 1 || len(shown.Differences) != 1 {
		t.Errorf("a set: %+v %v", shown, err)
	}
	if took := book.took(); len(took) != 0 || book.stock != "5" {
		t.Errorf("a preview wrote %v", took)
	}
}
