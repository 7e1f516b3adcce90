package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// Ids of what the contract's server has.
const (
	webshop1  = "019a0000-0000-7000-8000-0000000a0001"
	webshop2  = "019a0000-0000-7000-8000-0000000a0002"
	coupling1 = "019a0000-0000-7000-8000-0000000b0001"
	coupling2 = "019a0000-0000-7000-8000-0000000b0002"
	runGreen  = "019a0000-0000-7000-8000-0000000c0001"
	runFailed = "019a0000-0000-7000-8000-0000000c0002"
	runParked = "019a0000-0000-7000-8000-0000000c0003"
	product1  = "019a0000-0000-7000-8000-0000000d0001"
	supplier1 = "019a0000-0000-7000-8000-0000000d0002"
	order1    = "019a0000-0000-7000-8000-0000000d0003"
	parked1   = "019a0000-0000-7000-8000-0000000e0001"
	key1      = "019a0000-0000-7000-8000-0000000f0001"
	testKey   = "kpl_test-key-of-the-contract"
)

// contract is a server of the API's contract with a few things in it. It keeps
// what it was asked.
type contract struct {
	*httptest.Server
	mu    sync.Mutex
	asked []string
}

func newContract(t *testing.T) *contract {
	t.Helper()
	c := &contract{}
	c.Server = httptest.NewServer(http.HandlerFunc(c.serve))
	t.Cleanup(c.Close)
	return c
}

// answers are bodies by method and path; a path ending in /live is a stream.
var answers = map[string]string{
	"GET /webshops":                                     `{"data":[` + webshopBody + `,{"id":"` + webshop2 + `","name":"Bistro Zuid","kind":"location","external_ref":"loc-17","time_zone":"Europe/Brussels","created_at":"2026-01-03T08:00:00Z"}],"next":"cursor-2"}`,
	"GET /webshops/" + webshop1:                         webshopBody,
	"POST /webshops":                                    webshopBody,
	"GET /couplings":                                    `{"data":[` + couplingBody + `]}`,
	"GET /couplings/" + coupling1:                       couplingBody,
	"GET /couplings/" + coupling2:                       activeBody,
	"POST /couplings":                                   couplingBody,
	"PATCH /couplings/" + coupling1 + "/settings":       couplingBody,
	"PUT /couplings/" + coupling1 + "/credentials":      `{"ok":false,"version":"","problem":{"kind":"auth","title":"The remote system refused the credentials","detail":"shop.example.com does not know the consumer key ck_12…","owner":"customer","next":"Send the customer a connect link: koppel coupling connect ` + coupling1 + `"}}`,
	"PUT /couplings/" + coupling2 + "/credentials":      `{"ok":true,"version":"11.0.1"}`,
	"POST /couplings/" + coupling1 + "/check":           `{"ok":true,"version":"9.4.1"}`,
	"POST /couplings/" + coupling1 + "/activate":        couplingBody,
	"POST /couplings/" + coupling2 + "/activate":        activeBody,
	"POST /couplings/" + coupling1 + "/pause":           couplingBody,
	"POST /couplings/" + coupling1 + "/resume":          couplingBody,
	"POST /couplings/" + coupling1 + "/sync":            `{"run":"` + runGreen + `","queued_behind":"` + runFailed + `"}`,
	"GET /runs":                                         `{"data":[` + runBody(runFailed, "failed") + `,` + runBody(runGreen, "succeeded") + `]}`,
	"GET /runs/" + runGreen:                             runBody(runGreen, "succeeded"),
	"GET /runs/" + runFailed:                            runBody(runFailed, "failed"),
	"GET /runs/" + runGreen + "/live":                   "event: run\ndata: " + runBody(runGreen, "running") + "\n\n: beat\n\nevent: run\ndata: " + runBody(runGreen, "waiting") + "\n\nevent: end\ndata: " + runBody(runGreen, "succeeded") + "\n\n",
	"GET /runs/" + runFailed + "/live":                  "event: end\ndata: " + runBody(runFailed, "failed") + "\n\n",
	"GET /runs/" + runParked + "/live":                  "event: end\ndata: " + runBody(runParked, "succeeded_with_parked") + "\n\n",
	"GET /runs/" + runGreen + "/timeline":               `{"data":[{"at":"2026-01-05T10:00:00Z","event":"started","data":{"group":"products","mode":"full"}},{"at":"2026-01-05T10:00:09.5Z","event":"waiting","data":{"reason":"budget minute","for_ms":4000}}]}`,
	"POST /runs/" + runGreen + "/cancel":                runBody(runGreen, "running"),
	"GET /objects/products":                             `{"data":[` + productBody + `]}`,
	"GET /objects/products/" + product1:                 productBody,
	"GET /objects/suppliers":                            `{"data":[{"id":"` + supplier1 + `","webshop":"` + webshop1 + `","object":"suppliers","values":{"name":"Gazelle"},"changed_at":"2026-01-05T10:00:00Z","sources":[]}]}`,
	"GET /objects/buy_orders/" + order1:                 orderBody,
	"POST /buy-orders":                                  orderBody,
	"POST /buy-orders/" + order1 + "/place":             strings.TrimSuffix(orderBody, "}") + `,"placed_at":"2026-01-06T09:00:00Z","push":{"outbox":"019a0000-0000-7000-8000-000000100001","state":"pending","run":"` + runGreen + `"}}`,
	"GET /parked":                                       `{"data":[{"id":"` + parked1 + `","coupling":"` + coupling1 + `","stream":"products","remote_id":"812","object":"products","kind":"mapping","field":"price","expression":"decimal(record.price)","input":"\"12,50\u001b[31m\"","reason":"\"12,50\" is no decimal","run":"` + runParked + `","first_at":"2026-01-05T10:00:00Z","last_at":"2026-01-05T11:00:00Z","times":2}]}`,
	"POST /parked/" + parked1 + "/retry":                `{"records":1,"runs":[{"run":"` + runGreen + `"}]}`,
	"GET /waiting":                                      `{"data":[{"webshop":"` + webshop1 + `","coupling":"` + coupling1 + `","object":"sell_orders","id":"` + parked1 + `","field":"lines","target":"products","keys":["812","sku:BIKE-1"],"since":"2026-01-05T10:00:00Z"}]}`,
	"GET /parked/causes":                                `{"data":[{"coupling":"` + coupling1 + `","object":"products","kind":"mapping","field":"price","expression":"decimal(record.price)","reason":"\"12,50\" is no decimal","records":7,"first_at":"2026-01-05T10:00:00Z","last_at":"2026-01-05T11:00:00Z"}]}`,
	"GET /couplings/" + coupling1 + "/cursors":          `{"data":[{"stream":"products","group":"products","by":"time","at":"2026-01-05T10:00:00Z","next":{"from":"2026-01-05T09:58:00Z","to":"2026-01-05T12:00:00Z","detail":"what changed since 2026-01-05T09:58:00Z, the cursor less 2m0s"},"last_scan":{"run":"` + runGreen + `","mode":"since","state":"succeeded","started_at":"2026-01-05T10:00:00Z"}},{"stream":"prices","group":"products","by":"key","key":"1042","next":{"after":"1042","detail":"what follows version 1042"}}]}`,
	"PUT /couplings/" + coupling1 + "/cursors/products": `{"before":{"stream":"products","by":"time","at":"2026-01-05T10:00:00Z","next":{"detail":"what changed since 2026-01-05T09:58:00Z, the cursor less 2m0s"}},"after":{"stream":"products","by":"time","at":"2026-01-01T00:00:00Z","next":{"detail":"what changed since 2025-12-31T23:58:00Z, the cursor less 2m0s"}},"changed":true}`,
	"POST /parked/resolve":                              `{"records":7}`,
	"POST /parked/unresolve":                            `{"records":7}`,
	"POST /parked/" + parked1 + "/unresolve":            `{"id":"` + parked1 + `"}`,
	"POST /parked/retry":                                `{"records":7,"runs":[{"run":"` + runGreen + `"}]}`,
	"POST /keys":                                        strings.Replace(keyBody, "{", `{"key":"kpl_shown-once",`, 1),
	"GET /keys":                                         `{"data":[` + keyBody + `]}`,
	"DELETE /keys/" + key1:                              strings.TrimSuffix(keyBody, "}") + `,"revoked_at":"2026-01-09T00:00:00Z"}`,
	"GET /connectors":                                   `{"data":[` + connectorBody + `]}`,
	"GET /connectors/demo":                              connectorBody,
	"GET /connectors/woocommerce":                       connectorBody,
	"POST /connectors":                                  versionBody,
	"POST /connectors/woocommerce/rollback":             versionBody,
}

const (
	webshopBody   = `{"id":"` + webshop1 + `","name":"Fietsen Jansen","kind":"webshop","organisation":"019a0000-0000-7000-8000-0000000a9999","time_zone":"Europe/Amsterdam","created_at":"2026-01-02T08:00:00Z"}`
	couplingBody  = `{"id":"` + coupling1 + `","webshop":"` + webshop1 + `","connector":"woocommerce","connector_version":"1.0.0","name":"Main shop","state":"paused","pause":{"owner":"person","reason":"being rebuilt"},"settings":{"per_page":50,"sync.suppliers":false},"steps":[{"name":"credentials","state":"done"},{"name":"products","state":"failed","run_id":"` + runFailed + `","detail":"the shop answers HTML"}],"priority":1,"remote_version":"9.4.1","health":{"state":"failing","detail":"the last run of products failed"},"schedules":[{"group":"products","mode":"since","cron":"*/15 * * * *","time_zone":"Europe/Amsterdam"}],"last_runs":[{"group":"products","run":"` + runFailed + `","mode":"full","state":"failed","finished_at":"2026-01-05T10:01:00Z"}],"created_at":"2026-01-04T08:00:00Z","activated_at":null}`
	activeBody    = `{"id":"` + coupling2 + `","webshop":"` + webshop1 + `","connector":"demo","connector_version":"1.0.0","name":"demo","state":"active","settings":{},"steps":[{"name":"credentials","state":"done"},{"name":"products","state":"done","run_id":"` + runGreen + `"}],"priority":2,"remote_version":"","health":{"state":"ok","detail":""},"schedules":[],"last_runs":[],"created_at":"2026-01-04T08:00:00Z","activated_at":"2026-01-04T08:05:00Z"}`
	productBody   = `{"id":"` + product1 + `","webshop":"` + webshop1 + `","object":"products","values":{"name":"Bike","sku_code":"BIKE-1","price":"899.000000","stock_level":4,"status":"enabled","categories":["bikes","city"],"ean_code":null},"changed_at":"2026-01-05T10:00:00Z","sources":[{"coupling":"` + coupling1 + `","remote_id":"812","changed_at":"2026-01-05T10:00:00Z","gone_at":null}]}`
	orderBody     = `{"id":"` + order1 + `","webshop":"` + webshop1 + `","object":"buy_orders","values":{"supplier":{"id":"` + supplier1 + `","key":null},"reference":"KOP-1","total_value":"180.0000","lines":[{"product":{"id":null,"key":"812"},"quantity":24,"subtotal_value":"180.0000","remote_id":null}]},"changed_at":"2026-01-06T09:00:00Z","sources":[]}`
	keyBody       = `{"id":"` + key1 + `","name":"planner","prefix":"kpl_ab12","last_four":"zz99","scopes":["objects:read","orders:write"],"webshop":"` + webshop1 + `","created_at":"2026-01-01T00:00:00Z"}`
	connectorBody = `{"name":"woocommerce","title":"WooCommerce","version":` + versionBody + `,"objects":["products","sell_orders"],"pushes":[],"settings":[{"name":"per_page","type":"int","default":100,"title":"Rows a page"},{"name":"sync.suppliers","type":"boolean","default":true}],"credentials":[{"name":"store_url","type":"url","title":"Store URL"},{"name":"consumer_key","type":"string","secret":true}],"versions":[` + versionBody + `]}`
	versionBody   = `{"connector":"woocommerce","version":"1.0.0","digest":"d1","current":true,"published_by":"built in","published_at":"2026-01-01T00:00:00Z"}`
)

func runBody(id, state string) string {
	more, read, ended := "", 120, `"2026-01-05T10:01:00Z"`
	switch state {
	case "running", "waiting":
		read, ended = 60, "null"
		if state == "waiting" {
			more = `"wait":{"reason":"budget minute","until":"2026-01-05T10:00:30Z"},`
		}
	case "failed":
		more = `"error":{"kind":"auth","title":"The remote system refused the credentials","detail":"shop.example.com does not know the consumer key","owner":"customer","next":"Send the customer a connect link: koppel coupling connect ` + coupling1 + `"},`
	}
	parked := 0
	if state == "succeeded_with_parked" {
		parked = 3
	}
	return fmt.Sprintf(`{"id":%q,"webshop":%q,"coupling":%q,"connector":"woocommerce","connector_version":"0123456789abcdef","direction":"pull","group":"products","mode":"full","trigger":"manual","asked_by":"key planner","state":%q,%s"counts":{"pages":2,"records":%d,"changed":20,"unchanged":40,"parked":%d,"gone":0,"objects":20,"bytes":9000},"expected":120,"streams":[{"stream":"products","counts":{"pages":2,"records":%d,"changed":20,"unchanged":40,"parked":%d,"gone":0,"objects":20,"bytes":9000},"total":120,"end_rule":"total","complete":true,"started_at":"2026-01-05T10:00:00Z","last_page_at":"2026-01-05T10:00:59Z"}],"evidence":[{"stream":"products","end_rule":"total","complete":true,"total":120,"read":120}],"workflow_id":"pull/x/products","queued_at":"2026-01-05T10:00:00Z","started_at":"2026-01-05T10:00:00Z","last_page_at":"2026-01-05T10:00:59Z","finished_at":%s}`,
		id, webshop1, coupling1, state, more, read, parked, read, parked, ended)
}

func (c *contract) serve(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	path := strings.TrimPrefix(r.URL.Path, "/api/v1")
	asked := r.Method + " " + path
	if r.URL.RawQuery != "" {
		asked += "?" + r.URL.RawQuery
	}
	if len(body) > 0 {
		var flat bytes.Buffer
		_ = json.Compact(&flat, body)
		asked += " " + flat.String()
	}
	c.note(asked)
	if path == "/ready" {
		_, _ = io.WriteString(w, `{"ready":false,"checks":{"postgres":{"ok":true},"schema":{"ok":true},"temporal":{"ok":false,"detail":"Temporal does not answer"}}}`)
		return
	}
	if r.Header.Get("Authorization") != "Bearer "+testKey {
		problem(w, 401, `"kind":"auth","title":"The API key was refused","detail":"the key is unknown","owner":"customer","next":"Make a key: koppel key create"`)
		return
	}
	answer, ok := answers[r.Method+" "+path]
	if r.URL.Query().Get("cursor") == "cursor-2" {
		answer = `{"data":[]}`
	}
	switch {
	case !ok && strings.HasSuffix(path, "/pause"):
		problem(w, 409, `"kind":"conflict","title":"The current state does not allow this","detail":"the coupling is removed","owner":"customer","next":"Look at the state first: koppel coupling show `+coupling2+`"`)
	case !ok:
		problem(w, 404, `"kind":"not_found","title":"There is no such thing here","detail":"there is nothing at `+path+`","owner":"customer","next":"Check the id, and that the key sees its webshop"`)
	case strings.HasSuffix(path, "/live"):
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, answer)
	default:
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, answer)
	}
}

func problem(w http.ResponseWriter, status int, members string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"type":"urn:koppel:kind:x","status":%d,%s}`, status, members)
}

// askedNow are the requests since the last call.
func (c *contract) askedNow() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	list := c.asked
	c.asked = nil
	return list
}

func (c *contract) note(asked string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked = append(c.asked, asked)
}

// result is what a command line left behind.
type result struct {
	code     int
	out, err string
}

// koppelAt runs a command line against a server.
func koppelAt(ctx context.Context, url, stdin string, args ...string) result {
	return koppelWith(ctx, []string{"KOPPEL_URL=" + url, "KOPPEL_KEY=" + testKey, "HOME=/nonexistent"}, stdin, args...)
}

func koppelWith(ctx context.Context, env []string, stdin string, args ...string) result {
	var out, err bytes.Buffer
	code := run(ctx, args, env, strings.NewReader(stdin), &out, &err)
	return result{code, out.String(), err.String()}
}
