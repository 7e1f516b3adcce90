package demoshop

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/koppel-io/koppel/fakes/mischief"
	"github.com/koppel-io/koppel/fakes/standin"
)

// Base is the path all shop endpoints stand under.
const Base = "/wp-json/wc/v3"

// maxBody bounds a request body.
const maxBody = 8 << 20

// call is one request on its way through the shop.
type call struct {
	r      *http.Request
	query  url.Values
	body   []byte
	id     int64 // {id} of the route
	sub    int64 // {vid} of the route
	repeat bool
	fault  FaultKind // what is wrong with this answer
}

// endpoint answers one method of one route.
type endpoint func(*call) answer

// route is a path pattern with its endpoints.
type route struct {
	pattern string
	allow   string
	methods map[string]endpoint
}

// Handler is the whole shop: the API under Base, and the demo's own endpoints
// under /_demo, for loopback callers only and without a key.
func (s *Shop) Handler() http.Handler {
	routes := s.routes()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/_demo/") {
			standin.Local(w, r, s.serveAdmin)
			return
		}
		s.serveAPI(w, r, routes)
	})
}

func (s *Shop) serveAPI(w http.ResponseWriter, r *http.Request, routes []route) {
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	c := &call{r: r, query: r.URL.Query()}
	path, inside := strings.CutPrefix(r.URL.Path, Base)
	rt, do := find(routes, method, strings.TrimSuffix(path, "/"), inside, c)
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			s.finish(w, r, rt, wpError(http.StatusRequestEntityTooLarge, "request_too_large", "The body is too large."), nil)
		}
		return
	}
	c.body = body
	hit := s.faults.Draw(method, path)
	if !mischief.Pause(r.Context(), s.closed, hit.Delay) {
		s.note(r, rt.pattern, 0, "", "left while waiting")
		return
	}
	if hit.Rule != nil && hit.Rule.Before() {
		s.finish(w, r, rt, s.spoilBefore(r, hit.Rule), hit.Rule)
		return
	}
	if do == nil {
		s.finish(w, r, rt, notHere(r.URL.Path), nil)
		return
	}
	if problem := s.authorise(r, c.query); problem != nil {
		s.finish(w, r, rt, *problem, nil)
		return
	}
	c.fault = hit.Kind()
	c.repeat = c.fault == RepeatPage
	a := do(c)
	a.allow = rt.allow
	plain := c.fault == Notice || c.fault == Garbage
	if s.cfg.Gzip && !plain && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		a = a.compressed()
	}
	s.finish(w, r, rt, a, hit.Rule)
}

// find is the route of a path; do is nil when there is none.
func find(routes []route, method, path string, inside bool, c *call) (route, endpoint) {
	none := route{pattern: "(no route)"}
	if !inside {
		return none, nil
	}
	parts := strings.Split(strings.TrimPrefix(path, "/"), "/")
	for _, rt := range routes {
		if c.match(rt.pattern, parts) {
			return rt, rt.methods[method]
		}
	}
	return none, nil
}

// match compares path segments with a pattern and keeps its ids.
func (c *call) match(pattern string, parts []string) bool {
	n := 0
	for want := range strings.SplitSeq(pattern[1:], "/") {
		if n >= len(parts) {
			return false
		}
		switch want {
		case "{id}", "{vid}":
			id, err := strconv.ParseInt(parts[n], 10, 64)
			if err != nil || id < 0 {
				return false
			}
			if want == "{id}" {
				c.id = id
			} else {
				c.sub = id
			}
		default:
			if want != parts[n] {
				return false
			}
		}
		n++
	}
	return n == len(parts)
}

// finish counts a request and answers it, spoiled by a fault after the effect
// if there is one.
func (s *Shop) finish(w http.ResponseWriter, r *http.Request, rt route, a answer, rule *Fault) {
	fault := mischief.Hit{Rule: rule}.Kind()
	if rule != nil && !rule.Before() {
		s.spoilAfter(w, r, rt, a, rule)
		return
	}
	if rule != nil && rule.Hangs() {
		s.note(r, rt.pattern, 0, a.effect, fault)
		mischief.Hang(r, s.closed, rule)
	}
	s.note(r, rt.pattern, a.status, a.effect, fault)
	a.write(w)
}

func (s *Shop) routes() []route {
	get := func(pattern, allow string, do endpoint) route {
		return route{pattern, allow, map[string]endpoint{"GET": do}}
	}
	const all, many = "GET, POST, PUT, PATCH, DELETE", "GET, POST"
	routes := []route{
		get("/system_status", "GET", s.getSystemStatus),
		get("/settings/tax/woocommerce_prices_include_tax", "GET, POST, PUT, PATCH", s.getPricesIncludeTax),
		{"/products", many, map[string]endpoint{"GET": s.listProducts, "POST": s.createProduct}},
		{"/products/batch", "POST, PUT, PATCH", map[string]endpoint{"POST": s.batchProducts, "PUT": s.batchProducts}},
		{"/products/{id}", all, map[string]endpoint{"GET": s.getProduct, "PUT": s.updateProduct, "POST": s.updateProduct, "DELETE": s.deleteProduct}},
		{"/products/{id}/variations", many, map[string]endpoint{"GET": s.listVariationsOf}},
		{"/products/{id}/variations/{vid}", all, map[string]endpoint{"GET": s.getVariation, "PUT": s.updateVariation, "POST": s.updateVariation, "DELETE": s.deleteVariation}},
		get("/orders", many, s.listOrders),
		{"/orders/{id}", all, map[string]endpoint{"GET": s.getOrder, "PUT": s.updateOrder, "POST": s.updateOrder, "DELETE": s.deleteOrder}},
		get("/suppliers", "GET", s.listSuppliers),
		get("/suppliers/{id}", "GET", s.getSupplier),
		get("/supplier-products", "GET", s.listOffers),
		get("/supplier-products/{id}", "GET", s.getOffer),
		{"/purchase-orders", many, map[string]endpoint{"GET": s.listPurchaseOrders, "POST": s.createPurchaseOrder}},
		{"/purchase-orders/{id}", "GET, PUT", map[string]endpoint{"GET": s.getPurchaseOrder, "PUT": s.updatePurchaseOrder}},
	}
	if s.version.atLeast(10, 3) {
		routes = append(routes, get("/variations", "GET", s.listVariations))
	}
	return routes
}
