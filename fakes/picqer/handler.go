package picqer

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/koppel-io/koppel/fakes/mischief"
	"github.com/koppel-io/koppel/fakes/standin"
)

// Base is the path all endpoints of the account stand under.
const Base = "/api/v1"

const maxBody = 8 << 20

// call is one request on its way through the account. The lock is held while
// an endpoint has it.
type call struct {
	*http.Request
	query  url.Values
	body   []byte
	scoped bool   // the key is that of a fulfilment customer
	fault  *Fault // nil, or one that spoils a list
}

// id is the number in the path under name; 0 when it is none.
func (c *call) id(name string) int64 {
	n, err := strconv.ParseInt(c.PathValue(name), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// read decodes the body.
func (c *call) read(into any) *answer {
	if err := json.Unmarshal(c.body, into); err != nil {
		a := invalid("The body cannot be read: " + err.Error())
		return &a
	}
	return nil
}

type endpoint func(*call) answer

// Handler is the whole account: the API under Base, and the demo's own
// endpoints under /_demo, for loopback callers only and without a key.
func (a *Account) Handler() http.Handler {
	mux := http.NewServeMux()
	for pattern, do := range a.endpoints() {
		method, path, _ := strings.Cut(pattern, " ")
		mux.HandleFunc(method+" "+Base+path, func(w http.ResponseWriter, r *http.Request) { a.serve(w, r, path, do) })
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		a.serve(w, r, "(no route)", func(*call) answer { return refuse(http.StatusNotFound, 7, "Unknown endpoint") })
	})
	mux.HandleFunc("/_demo/", func(w http.ResponseWriter, r *http.Request) { standin.Local(w, r, a.serveAdmin) })
	return mux
}

func (a *Account) endpoints() map[string]endpoint {
	return map[string]endpoint{
		"GET /products":                               a.listProducts,
		"GET /products/{id}":                          a.getProduct,
		"GET /products/{id}/parts":                    a.listParts,
		"GET /products/{id}/stock":                    a.listStock,
		"GET /products/{id}/warehouses":               a.listLevels,
		"POST /products/{id}/stock/{warehouse}":       a.writeStock,
		"GET /warehouses":                             a.listWarehouses,
		"GET /suppliers":                              a.listSuppliers,
		"GET /suppliers/{id}":                         a.getSupplier,
		"GET /orders":                                 a.listOrders,
		"GET /orders/{id}":                            a.getOrder,
		"DELETE /orders/{id}":                         a.cancelOrder,
		"GET /purchaseorders":                         a.listPurchaseOrders,
		"POST /purchaseorders":                        a.createPurchaseOrder,
		"GET /purchaseorders/{id}":                    a.getPurchaseOrder,
		"PUT /purchaseorders/{id}":                    a.updatePurchaseOrder,
		"POST /purchaseorders/{id}/mark-as-purchased": a.purchase,
		"POST /purchaseorders/{id}/cancel":            a.cancelPurchaseOrder,
		"POST /purchaseorders/{id}/products":          a.addLine,
		"PUT /purchaseorders/{id}/products/{line}":    a.updateLine,
		"DELETE /purchaseorders/{id}/products/{line}": a.removeLine,
		"GET /purchaseorders/{id}/receipts":           a.listReceiptsOf,
		"POST /purchaseorders/{id}/receipts":          a.createReceipt,
		"GET /receipts":                               a.listReceipts,
		"GET /receipts/{id}":                          a.getReceipt,
		"GET /stockhistory":                           a.listHistory,
		"GET /hooks":                                  a.listHooks,
		"POST /hooks":                                 a.createHook,
		"GET /hooks/{id}":                             a.getHook,
		"DELETE /hooks/{id}":                          a.deleteHook,
	}
}

func (a *Account) serve(w http.ResponseWriter, r *http.Request, pattern string, do endpoint) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			refuse(http.StatusRequestEntityTooLarge, 5, "The body is too large").write(w)
		}
		return
	}
	c := &call{Request: r, query: r.URL.Query(), body: body}
	hit := a.faults.Draw(r.Method, strings.TrimPrefix(r.URL.Path, Base))
	rule, kind := hit.Rule, hit.Kind()
	if !mischief.Pause(r.Context(), a.closed, hit.Delay) {
		a.note(c, pattern, 0, "", "left while waiting")
		return
	}
	if rule != nil && rule.Before() {
		if rule.Hangs() {
			a.note(c, pattern, 0, "", kind)
			mischief.Hang(r, a.closed, rule)
		}
		bad := spoilBefore(rule)
		a.note(c, pattern, bad.status, "", kind)
		bad.write(w)
		return
	}
	if slices.Contains([]FaultKind{Emptied, CutAt, Tenth, RowDeleted}, kind) {
		c.fault = rule
	}
	good := a.answer(c, do)
	count := func(status int) { a.note(c, pattern, status, good.effect, kind) }
	switch kind {
	case ErrorAfter:
		bad := serverError(rule.Status)
		count(bad.status)
		bad.write(w)
	case HangAfter:
		count(0)
		mischief.Hang(r, a.closed, rule)
	case Truncate:
		count(good.status)
		mischief.Cut(w, rule, good.body, func(w http.ResponseWriter, body []byte) {
			good.body = body
			good.write(w)
		})
	default:
		count(good.status)
		good.write(w)
	}
}

// answer is what a request gets when nothing spoils it.
func (a *Account) answer(c *call, do endpoint) answer {
	a.mu.Lock()
	defer a.mu.Unlock()
	key, problem := a.authorise(c)
	if problem != nil {
		return *problem
	}
	limits, problem := a.spend(key)
	if problem != nil {
		return *problem
	}
	out := do(c)
	out.header = limits
	return out
}
