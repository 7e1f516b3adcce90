package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/koppel-io/koppel/client"
	"github.com/koppel-io/koppel/fakes/demoshop"
	"github.com/koppel-io/koppel/store"
	"github.com/koppel-io/koppel/store/storetest"
	"github.com/koppel-io/koppel/temporal/devserver"
)

// platform is a whole installation: real PostgreSQL, real Temporal, the demo
// shop, and server and worker as an operator starts them.
type platform struct {
	t    *testing.T
	env  []string
	shop *demoshop.Shop
	// shopURL is where the demo shop answers.
	shopURL string
	logs    *tape
}

// platformLimit bounds the whole test on a busy machine.
const platformLimit = 4 * time.Minute

func newPlatform(ctx context.Context, t *testing.T) *platform {
	t.Helper()
	db := storetest.New(t)
	cluster, err := devserver.Start(ctx, devserver.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Stop)
	shop, err := demoshop.New(demoshop.Config{Key: "ck_cli", Secret: "cs_cli", Products: 40, Orders: 20})
	if err != nil {
		t.Fatal(err)
	}
	site := httptest.NewServer(shop.Handler())
	t.Cleanup(site.Close)
	return &platform{t: t, shop: shop, shopURL: site.URL, logs: &tape{}, env: []string{
		"HOME=" + t.TempDir(),
		"KOPPEL_OWNER_DATABASE_URL=" + db.OwnerDSN, "KOPPEL_DATABASE_URL=" + db.AppDSN, "KOPPEL_ENGINE_DATABASE_URL=" + db.EngineDSN,
		"KOPPEL_KEYSET=" + store.NewMasterKey("k1").Reveal(), "KOPPEL_TEMPORAL_ADDRESS=" + cluster.FrontendAddr(), "KOPPEL_TEMPORAL_NAMESPACE=" + cluster.Namespace(),
		"KOPPEL_LISTEN=127.0.0.1:0", "KOPPEL_ALLOW_ADDRESSES=127.0.0.1",
	}}
}

// start runs a process until the test ends, when it must end well.
func (p *platform) start(ctx context.Context, command string) {
	ctx, stop := context.WithCancel(ctx)
	ended := make(chan int, 1)
	go func() { ended <- run(ctx, []string{command}, p.env, strings.NewReader(""), p.logs, p.logs) }()
	p.t.Cleanup(func() {
		stop()
		if code := <-ended; code != exitOK {
			p.t.Errorf("koppel %s ended with %d", command, code)
		}
		if p.t.Failed() {
			p.t.Logf("warnings of koppel %s:\n%s", command, p.logs.warnings())
		}
	})
}

// koppel runs a command line, which must exit with code.
func (p *platform) koppel(ctx context.Context, code int, stdin, line string) result {
	p.t.Helper()
	args, err := shellWords(line)
	if err != nil {
		p.t.Fatal(err)
	}
	r := koppelWith(ctx, p.env, stdin, args...)
	if r.code != code {
		p.t.Fatalf("koppel %s\nexit code %d, want %d\n%s%s", line, r.code, code, r.out, r.err)
	}
	return r
}

// ask runs a command line and reads its JSON.
func ask[T any](ctx context.Context, p *platform, stdin, line string) T {
	p.t.Helper()
	r := p.koppel(ctx, exitOK, stdin, line+" -o json")
	var answer T
	if err := json.Unmarshal([]byte(r.out), &answer); err != nil {
		p.t.Fatalf("koppel %s: %v in:\n%s", line, err, r.out)
	}
	return answer
}

// tape is a log that can be read while it is written.
type tape struct {
	mu   sync.Mutex
	text bytes.Buffer
	more chan struct{}
}

func (t *tape) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.more != nil {
		close(t.more)
		t.more = nil
	}
	return t.text.Write(p)
}

func (t *tape) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.String()
}

// warnings are the lines that are no news of every day.
func (t *tape) warnings() string {
	lines := strings.SplitAfter(t.String(), "\n")
	return strings.Join(slices.DeleteFunc(lines, func(line string) bool { return strings.Contains(line, `"level":"INFO"`) }), "")
}

// find waits until the pattern is on the tape and returns its first group.
func (t *tape) find(ctx context.Context, pattern string) (string, error) {
	expr := regexp.MustCompile(pattern)
	for {
		t.mu.Lock()
		found := expr.FindStringSubmatch(t.text.String())
		if t.more == nil {
			t.more = make(chan struct{})
		}
		more := t.more
		t.mu.Unlock()
		if found != nil {
			return found[1], nil
		}
		select {
		case <-more:
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
}

// TestPlatform drives a whole installation with the command line alone.
func TestPlatform(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), platformLimit)
	defer cancel()
	p := newPlatform(ctx, t)

	p.koppel(ctx, exitOK, "", "migrate --check")
	if first, again := p.koppel(ctx, exitOK, "", "migrate").out, p.koppel(ctx, exitOK, "", "migrate").out; !strings.Contains(first, "demo 1.0.0: published") || !strings.Contains(again, "demo 1.0.0: unchanged") {
		t.Errorf("migrate said\n%sand then\n%s", first, again)
	}
	key := ask[struct{ Key string }](ctx, p, "", "key create --installation --name 'first admin' --database").Key
	p.start(ctx, "server")
	p.start(ctx, "worker")
	address, err := p.logs.find(ctx, `"the API answers","address":"([^"]+)"`)
	if err != nil {
		t.Fatalf("the server does not answer: %v\n%s", err, p.logs)
	}
	p.env = append(p.env, "KOPPEL_URL=http://"+address, "KOPPEL_KEY="+key)
	p.koppel(ctx, exitOK, "", "doctor")
	p.koppel(ctx, exitOK, "", "doctor --api")

	webshop := ask[client.Webshop](ctx, p, "", "webshop create --name 'Fietsen Jansen' --organisation Jansen").ID
	coupling := ask[client.Coupling](ctx, p, "", "coupling create --webshop "+tail(webshop)+" --connector demo --set per_page=10").ID
	p.koppel(ctx, exitConflict, "", "coupling activate "+coupling)
	p.koppel(ctx, exitRefused, "", "coupling credentials "+coupling+" store_url="+p.shopURL+" consumer_key=ck_cli consumer_secret=cs_wrong")
	p.koppel(ctx, exitOK, "store_url: "+p.shopURL+"\nconsumer_key: ck_cli\nconsumer_secret: cs_cli\n", "coupling credentials "+tail(coupling)+" --file -")
	p.koppel(ctx, exitOK, "", "coupling check "+coupling)
	active := p.koppel(ctx, exitOK, "", "coupling activate "+coupling+" --wait")
	if !strings.Contains(active.out, "active") || !strings.Contains(active.err, "products") {
		t.Errorf("activation showed\n%s%s", active.out, active.err)
	}
	t.Run("objects", func(t *testing.T) { testObjects(ctx, t, p, webshop) })
	t.Run("runs", func(t *testing.T) { testRuns(ctx, t, p, coupling) })
	t.Run("buy order", func(t *testing.T) { testBuyOrder(ctx, t, p, webshop, coupling) })
	t.Run("refusals", func(t *testing.T) { testRefusals(ctx, t, p, webshop, coupling) })
}

func testObjects(ctx context.Context, t *testing.T, p *platform, webshop string) {
	products := ask[client.List[client.Object]](ctx, p, "", "object list products --all --webshop "+webshop).Data
	if len(products) == 0 || int64(len(products)) != int64(p.shop.Counts().Products) {
		t.Fatalf("%d products, the shop has %+v", len(products), p.shop.Counts())
	}
	one := products[0]
	got := ask[client.Object](ctx, p, "", "object get products "+tail(one.ID))
	if got.ID != one.ID || len(got.Sources) != 1 || rawText(got.Values["name"]) == "" {
		t.Errorf("got %+v", got)
	}
	if sku := rawText(one.Values["sku_code"]); sku != "" {
		if found := ask[client.List[client.Object]](ctx, p, "", "object list products --sku '"+sku+"'").Data; !slices.ContainsFunc(found, func(o client.Object) bool { return o.ID == one.ID }) {
			t.Errorf("SKU %s finds %d others", sku, len(found))
		}
	}
}

func testRuns(ctx context.Context, t *testing.T, p *platform, coupling string) {
	watched := p.koppel(ctx, exitOK, "", "sync "+tail(coupling)+" products --mode full --wait")
	if !strings.Contains(watched.out, "unchanged") || !strings.Contains(watched.out, "EVIDENCE OF") {
		t.Errorf("watching showed\n%s", watched.out)
	}
	run := ask[client.List[client.Run]](ctx, p, "", "run list --limit 1 --coupling "+coupling).Data[0]
	if run.Mode != "full" || run.State != "succeeded" || run.Counts.Changed != 0 || run.Counts.Unchanged == 0 {
		t.Errorf("got %+v", run)
	}
	events := ask[client.List[client.Event]](ctx, p, "", "run timeline --all "+tail(run.ID)).Data
	if len(events) < 2 {
		t.Errorf("timeline: %+v", events)
	}
	p.koppel(ctx, exitOK, "", "run show "+tail(run.ID))
	p.koppel(ctx, exitOK, "", "sync "+coupling+" sell_orders --mode replay --wait")
	p.koppel(ctx, exitOK, "", "parked list --coupling "+coupling)
}

func testBuyOrder(ctx context.Context, t *testing.T, p *platform, webshop, coupling string) {
	offers := ask[client.List[client.Object]](ctx, p, "", "object list supplier_products --limit 1 --webshop "+webshop).Data
	if len(offers) == 0 {
		t.Fatal("there are no supplier products")
	}
	supplier, product := rawText(offers[0].Values["supplier"]), rawText(offers[0].Values["product"])
	order := ask[client.Object](ctx, p, "", "buy-order create --webshop "+webshop+" --supplier "+supplier+" --line "+product+":24:180.00")
	before := p.shop.Counts().PurchaseOrders
	p.koppel(ctx, exitOK, "", "buy-order place "+order.ID+" --coupling "+coupling+" --wait")
	if after := p.shop.Counts().PurchaseOrders; after != before+1 {
		t.Errorf("the shop has %d purchase orders, and had %d", after, before)
	}
	shown := ask[client.Object](ctx, p, "", "buy-order show "+order.ID)
	if len(shown.Sources) != 1 || shown.Sources[0].RemoteID == "" {
		t.Errorf("the shop's id did not come back: %+v", shown)
	}
}

func testRefusals(ctx context.Context, t *testing.T, p *platform, webshop, coupling string) {
	p.koppel(ctx, exitOK, "", "coupling pause "+coupling+" --reason 'a test'")
	p.koppel(ctx, exitConflict, "", "sync "+coupling+" products")
	p.koppel(ctx, exitOK, "", "coupling resume "+coupling)
	bad := p.koppel(ctx, exitUsage, "", "coupling set "+coupling+" per_page=1000 colour=red")
	if !strings.Contains(bad.err, "per_page") || !strings.Contains(bad.err, "colour") {
		t.Errorf("said %s", bad.err)
	}
	narrow := ask[struct{ ID, Key string }](ctx, p, "", "key create --name narrow --webshop "+webshop+" --scope objects:read")
	p.koppel(ctx, exitRefused, "", "run list --key "+narrow.Key)
	p.koppel(ctx, exitOK, "", "key revoke "+tail(narrow.ID))
	p.koppel(ctx, exitRefused, "", "object list products --key "+narrow.Key)
	p.koppel(ctx, exitNotFound, "", "run show 019a0000-0000-7000-8000-000000000000")
	p.koppel(ctx, exitOK, "", "connector publish testdata/good")
	p.koppel(ctx, exitUsage, "", "connector publish testdata/bad")
	p.koppel(ctx, exitNotFound, "", "connector rollback corner")
	p.koppel(ctx, exitOK, "", "connector show corner")
}
