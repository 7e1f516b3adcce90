package bol

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/koppel-io/koppel/fakes/mischief"
	"github.com/koppel-io/koppel/fakes/standin"
)

// maxBody bounds a request body.
const maxBody = 1 << 20

// call is one request on its way through the account.
type call struct {
	r     *http.Request
	query url.Values
	body  []byte
	ids   []string // of the route's {…}
	hit   mischief.Hit
	now   time.Time
}

func (c *call) id() string { return c.ids[0] }

// endpoint answers one method of one route; the lock is held.
type endpoint func(*call) answer

// route is a method and a path pattern with its endpoint.
type route struct {
	method, pattern string
	do              endpoint
	// csv routes answer in CSV and want that asked for.
	csv bool
}

func (r route) name() string { return r.method + " " + r.pattern }

// The places of the three parts of the API.
const (
	retailer = "/retailer"
	shared   = "/shared"
	token    = "/token"
)

// Handler is the whole account: the token endpoint, the API, and the demo's own
// endpoints under /_demo, for loopback callers only and without a token.
func (a *Account) Handler() http.Handler {
	routes := a.routes()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/_demo/") {
			standin.Local(w, r, a.serveAdmin)
			return
		}
		a.serveAPI(w, r, routes)
	})
}

func (a *Account) serveAPI(w http.ResponseWriter, r *http.Request, routes []route) {
	c := &call{r: r, query: r.URL.Query(), now: a.cfg.Now()}
	rt, known := find(routes, r.Method, r.URL.Path, c)
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			a.finish(w, c, rt, problem(http.StatusRequestEntityTooLarge, "Payload Too Large", "The body is too large."))
		}
		return
	}
	c.body = body
	c.hit = a.faults.Draw(r.Method, r.URL.Path)
	if !mischief.Pause(r.Context(), a.closed, c.hit.Delay) {
		a.note(c, rt, 0, "", "left while waiting")
		return
	}
	if rule := c.hit.Rule; rule != nil && rule.Before() {
		if rule.Hangs() {
			a.note(c, rt, 0, "", rule.Kind)
			mischief.Hang(r, a.closed, rule)
		}
		a.finish(w, c, rt, a.spoilBefore(rule))
		return
	}
	var an answer
	if rt.pattern == token {
		an = a.admitted(c, rt, nil)
	} else {
		refused := a.authorise(c)
		if refused == nil && !known {
			p := problem(http.StatusNotFound, "Not Found", "No such resource.")
			refused = &p
		}
		an = a.admitted(c, rt, refused)
	}
	a.finish(w, c, rt, an)
}

// admitted does what a request asks for, unless it is refused, in the wrong
// media type or too early.
func (a *Account) admitted(c *call, rt route, refused *answer) answer {
	if refused != nil {
		return *refused
	}
	if p := media(c, rt); p != nil {
		return *p
	}
	head, late := a.buckets.take(rt.name(), c.now)
	if late != nil {
		return *late
	}
	a.mu.Lock()
	a.settle(c.now)
	an := rt.do(c)
	a.mu.Unlock()
	if an.header == nil {
		an.header = http.Header{}
	}
	for name, value := range head {
		an.header[name] = value
	}
	return an
}

// find is the route of a path.
func find(routes []route, method, path string, c *call) (route, bool) {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	for _, rt := range routes {
		if rt.method == method && c.match(rt.pattern, parts) {
			return rt, true
		}
	}
	return route{method: method, pattern: "(no route)"}, false
}

// match compares path segments with a pattern and keeps its ids.
func (c *call) match(pattern string, parts []string) bool {
	wants := strings.Split(pattern[1:], "/")
	if len(wants) != len(parts) {
		return false
	}
	var ids []string
	for n, want := range wants {
		if want == "{id}" {
			ids = append(ids, parts[n])
		} else if want != parts[n] {
			return false
		}
	}
	c.ids = ids
	return true
}

// finish answers a request, spoiled by a fault after the effect if there is
// one, and counts it.
func (a *Account) finish(w http.ResponseWriter, c *call, rt route, an answer) {
	if rule := c.hit.Rule; rule != nil && !rule.Before() {
		a.spoilAfter(w, c, rt, an, rule)
		return
	}
	a.note(c, rt, an.status, an.effect, c.hit.Kind())
	an.write(w)
}

func (a *Account) routes() []route {
	const subscriptions = retailer + "/subscriptions"
	return []route{
		{"POST", token, a.issueToken, false},
		{"GET", retailer + "/orders", a.listOrders, false},
		{"GET", retailer + "/orders/{id}", a.getOrder, false},
		{"PUT", retailer + "/orders/cancellation", a.cancelItems, false},
		{"GET", retailer + "/shipments", a.listShipments, false},
		{"GET", retailer + "/shipments/{id}", a.getShipment, false},
		{"POST", retailer + "/shipments", a.createShipment, false},
		{"POST", retailer + "/offers/export", a.exportOffers, false},
		{"GET", retailer + "/offers/export/{id}", a.getExport, true},
		{"GET", retailer + "/offers/{id}", a.getOffer, false},
		{"PUT", retailer + "/offers/{id}/stock", a.putStock, false},
		{"PUT", retailer + "/offers/{id}/price", a.putPrice, false},
		{"DELETE", retailer + "/offers/{id}", a.deleteOffer, false},
		{"GET", retailer + "/inventory", a.listInventory, false},
		{"GET", retailer + "/replenishments", a.listReplenishments, false},
		{"POST", retailer + "/replenishments", a.createReplenishment, false},
		{"GET", retailer + "/replenishments/{id}", a.getReplenishment, false},
		{"PUT", retailer + "/replenishments/{id}", a.updateReplenishment, false},
		{"GET", subscriptions + "/signature-keys", a.listKeys, false},
		{"POST", subscriptions + "/test/{id}", a.testSubscription, false},
		{"GET", subscriptions, a.listSubscriptions, false},
		{"POST", subscriptions, a.createSubscription, false},
		{"GET", subscriptions + "/{id}", a.getSubscription, false},
		{"PUT", subscriptions + "/{id}", a.updateSubscription, false},
		{"DELETE", subscriptions + "/{id}", a.deleteSubscription, false},
		{"GET", shared + "/process-status", a.findStatuses, false},
		{"POST", shared + "/process-status", a.bulkStatuses, false},
		{"GET", shared + "/process-status/{id}", a.getStatus, false},
	}
}
