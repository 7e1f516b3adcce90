package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

const (
	// hookWebshops are those that are called; each has one webhook.
	hookWebshops = 8
	// hookCallers call beside each other, each again when it has its answer.
	hookCallers = 64
	// hookCalls are those of one round.
	hookCalls = 20_000
	hookTopic = "products.changed"
)

// webhooks measures how many calls of webhooks koppel server takes in: each
// verified, and stored with its job in one transaction before it is answered.
// Beside it a bare handler stores the same bodies by one insert each. No worker
// runs; rounds alternate.
func (b *board) webhooks(ctx context.Context) error {
	w, err := b.furnish(ctx, "http://127.0.0.1:1")
	if err != nil {
		return err
	}
	defer w.close()
	hooks, err := b.hooked(ctx, w)
	if err != nil {
		return err
	}
	if err := b.owner(ctx, w.database, "CREATE TABLE bare (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at timestamptz NOT NULL DEFAULT now(), body bytea NOT NULL)"); err != nil {
		return err
	}
	server, address, err := b.startServer(ctx, w.database)
	if err != nil {
		return err
	}
	bare, err := startChild(ctx, roleBare, nil, bareOrders{Database: b.pg.DSN(w.database, "postgres"), Connections: bareConnections})
	if err != nil {
		return err
	}
	var told struct{ Address string }
	if err := bare.hear(&told); err != nil {
		return err
	}
	var engine, by []taken
	for n := range b.opts.rounds {
		e, err := b.hookRound(ctx, "http://"+address, hooks, n, server.cmd.Process.Pid)
		if err != nil {
			return err
		}
		h, err := b.hookRound(ctx, "http://"+told.Address, hooks, n, bare.cmd.Process.Pid)
		if err != nil {
			return err
		}
		engine, by = append(engine, e), append(by, h)
		b.say("round %d of %d: engine %.0f/s, bare %.0f/s", n+1, b.opts.rounds, e.perSecond, h.perSecond)
	}
	if err := b.tookAll(ctx, w.database, int64(b.opts.rounds*hookCalls)); err != nil {
		return err
	}
	one, other := takenSide(engine), takenSide(by)
	b.costs.webhook = &one
	return errors.Join(server.stop(), bare.stop(), b.line("webhooks_in", map[string]any{
		"calls": hookCalls, "rounds": b.opts.rounds, "callers": hookCallers, "webshops": hookWebshops, "body_bytes": len(hooks[0].body(0, 0)),
		"engine": one.fields(), "bare": other.fields(), "ratio": round(one.perSecond/other.perSecond, 3), "goal": 0.5,
	}))
}

// hooked makes webshops coupled to Picqer with one webhook each, as after an activation.
func (b *board) hooked(ctx context.Context, w *webshop) ([]calledHook, error) {
	var hooks []calledHook
	for range hookWebshops {
		shop, err := store.With(ctx, w.app, store.AllWebshops(), func(tx *store.Tx) (store.Webshop, error) {
			return tx.CreateWebshop(ctx, store.NewWebshop{Organisation: w.organisation, Name: "Bench"})
		})
		if err != nil {
			return nil, err
		}
		hook, err := store.With(ctx, w.app, store.ForWebshop(shop.ID), func(tx *store.Tx) (calledHook, error) { return hookOf(ctx, tx) })
		if err != nil {
			return nil, err
		}
		hooks = append(hooks, hook)
	}
	return hooks, nil
}

func hookOf(ctx context.Context, tx *store.Tx) (calledHook, error) {
	c, err := tx.CreateCoupling(ctx, store.NewCoupling{Integration: "picqer", Name: "Bench", Settings: json.RawMessage(`{}`)})
	if err != nil {
		return calledHook{}, err
	}
	credential, err := tx.CreateCredential(ctx, store.NewCredential{Connector: "picqer", Name: "Bench", Secrets: map[string]koppel.Secret{
		"url": koppel.NewSecret("http://127.0.0.1:1"), "api_key": koppel.NewSecret("bench"),
	}})
	if err != nil {
		return calledHook{}, err
	}
	if _, err := tx.SetCouplingCredential(ctx, c.UUID, credential.UUID); err != nil {
		return calledHook{}, err
	}
	if _, err := tx.ActivateCoupling(ctx, c.UUID, nil); err != nil {
		return calledHook{}, err
	}
	if c, err = tx.CouplingActive(ctx, c.UUID); err != nil {
		return calledHook{}, err
	}
	if err := tx.WantHook(ctx, c, hookTopic); err != nil {
		return calledHook{}, err
	}
	list, err := tx.HooksOf(ctx, c.ID)
	if err != nil {
		return calledHook{}, err
	}
	if err := tx.HookSubscribed(ctx, list[0].ID, "1", time.Hour); err != nil {
		return calledHook{}, err
	}
	secrets, err := tx.OpenHook(ctx, list[0])
	return calledHook{path: secrets.Callback(""), secret: secrets.Secret.Reveal()}, err
}

// calledHook is a webhook as its remote knows it.
type calledHook struct{ path, secret string }

// body is what Picqer tells of a changed product, another one for each call.
func (h calledHook) body(round, n int) []byte {
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		zone = time.UTC
	}
	return fmt.Appendf(nil, `{"idhook":1,"name":"Koppel %s","event":%q,"event_triggered_at":%q,"data":{"idproduct":%d,"idvatgroup":18,"name":"Product %d of round %d",`+
		`"price":12.5,"fixedstockprice":7.25,"idsupplier":3,"productcode":"P-%d","productcode_supplier":"S-%d","deliverytime":2,"description":%q,"barcode":"8712345678906",`+
		`"type":"normal","unlimitedstock":false,"weight":250,"length":10,"width":8,"height":4,"minimum_purchase_quantity":1,"purchase_in_quantities_of":6,"active":true,`+
		`"stock":[{"idwarehouse":1,"stock":12,"reserved":2,"freestock":10}],"created":"2026-01-05 09:30:00","updated":"2026-11-20 10:11:12"}}`,
		hookTopic, hookTopic, time.Now().In(zone).Format(time.DateTime), n, n, round, n, n, strings.Repeat("A product that people buy. ", 20))
}

// taken is what a round of calls came to.
type taken struct{ perSecond, p50, p99, cpu float64 }

func (t taken) fields() map[string]any {
	return map[string]any{
		"calls_per_second": round(t.perSecond, 0), "p50_ms": round(t.p50, 1), "p99_ms": round(t.p99, 1), "cpu_ms_a_call": round(t.cpu, 3),
	}
}

// takenSide is the median of rounds.
func takenSide(rounds []taken) taken {
	pick := func(of func(taken) float64) float64 {
		var values []float64
		for _, t := range rounds {
			values = append(values, of(t))
		}
		return median(values)
	}
	return taken{
		pick(func(t taken) float64 { return t.perSecond }), pick(func(t taken) float64 { return t.p50 }),
		pick(func(t taken) float64 { return t.p99 }), pick(func(t taken) float64 { return t.cpu }),
	}
}

// hookRound makes the calls of one round; any answer but 2xx voids it.
func (b *board) hookRound(ctx context.Context, server string, hooks []calledHook, n, pid int) (taken, error) {
	if err := b.owner(ctx, "postgres", "CHECKPOINT"); err != nil {
		return taken{}, err
	}
	used := func() (time.Duration, error) {
		own, err := cpuOf(pid)
		if err != nil {
			return 0, err
		}
		postgres, err := cpuOfTree(b.pid)
		return own + postgres, err
	}
	before, err := used()
	if err != nil {
		return taken{}, err
	}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: hookCallers}}
	defer client.CloseIdleConnections()
	took := make([]time.Duration, hookCalls)
	var next atomic.Int64
	callers, calling := errgroup.WithContext(ctx)
	began := time.Now()
	for range hookCallers {
		callers.Go(func() error {
			for i := next.Add(1) - 1; i < hookCalls; i = next.Add(1) - 1 {
				hook := hooks[int(i)%len(hooks)]
				body := hook.body(n, int(i))
				mac := hmac.New(sha256.New, []byte(hook.secret))
				mac.Write(body)
				start := time.Now()
				if err := call(calling, client, server+hook.path, body, base64.StdEncoding.EncodeToString(mac.Sum(nil))); err != nil {
					return err
				}
				took[i] = time.Since(start)
			}
			return nil
		})
	}
	if err := callers.Wait(); err != nil {
		return taken{}, err
	}
	seconds := time.Since(began).Seconds()
	after, err := used()
	slices.Sort(took)
	ms := func(share int) float64 { return float64(took[hookCalls*share/100].Microseconds()) / 1000 }
	return taken{perSecond: hookCalls / seconds, p50: ms(50), p99: ms(99), cpu: float64((after - before).Milliseconds()) / hookCalls}, err
}

func call(ctx context.Context, client *http.Client, url string, body []byte, signature string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Picqer-Signature", signature)
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, 1000))
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("a call was answered %s: %s", res.Status, text)
	}
	return err
}
