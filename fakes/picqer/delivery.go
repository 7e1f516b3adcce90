package picqer

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/koppel-io/koppel/fakes/mischief"
)

// Delivery is one call of a hook, as the ledger keeps it.
type Delivery struct {
	At     time.Time `json:"at"`
	Hook   int64     `json:"idhook"`
	Event  string    `json:"event"`
	Body   string    `json:"body"`
	Status int       `json:"status"` // 0: no answer
	Try    int       `json:"try"`
	Fault  string    `json:"fault,omitempty"`
}

// deliveries are made one after the other for each hook event, beside requests.
type deliveries struct {
	mu   sync.Mutex
	made []Delivery
	wait sync.WaitGroup
}

const keptDeliveries = 20_000

func (d *deliveries) keep(one Delivery) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.made) == keptDeliveries {
		d.made = slices.Delete(d.made, 0, keptDeliveries/10)
	}
	d.made = append(d.made, one)
}

// Deliveries are the hook calls made so far, oldest first.
func (a *Account) Deliveries() []Delivery {
	a.deliveries.mu.Lock()
	defer a.deliveries.mu.Unlock()
	return slices.Clone(a.deliveries.made)
}

// fire calls the hooks of an event with the object as it stands; the lock is held.
func (a *Account) fire(event string, object any) {
	for _, e := range a.hooks.rows {
		h := e.row
		if h.Event != event || !h.Active {
			continue
		}
		body := encode(struct {
			Hook  int64  `json:"idhook"`
			Name  string `json:"name"`
			Event string `json:"event"`
			At    stamp  `json:"event_triggered_at"`
			Data  any    `json:"data"`
		}{h.ID, h.Name, event, a.now(), object})
		wrong := a.faults.Set().Hooks
		if a.faults.Chance(wrong.Lost) {
			a.deliveries.keep(Delivery{At: a.cfg.Now(), Hook: h.ID, Event: event, Body: string(body), Fault: "lost"})
			continue
		}
		times, secret, fault := 1, h.secret, ""
		if a.faults.Chance(wrong.Doubled) {
			times, fault = 2, "doubled"
		}
		if a.faults.Chance(wrong.Forged) {
			secret, fault = h.secret+"?", "forged"
		}
		for range times {
			a.deliveries.wait.Go(func() { a.deliver(h, event, body, sign(body, secret), fault) })
		}
	}
}

// Sign is the signature of a body by a secret, as X-Picqer-Signature holds it.
func Sign(body []byte, secret string) string { return sign(body, secret) }

// sign is the base64 HMAC-SHA256 of the raw body; "" without a secret.
func sign(body []byte, secret string) string {
	if secret == "" {
		return ""
	}
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

const (
	deliveryTries    = 3
	failuresAllowed  = 10
	deliveryPatience = 10 * time.Second
)

// deliver makes one call, tried again while its receiver fails.
func (a *Account) deliver(h *hook, event string, body []byte, signature, fault string) {
	for try := 1; try <= deliveryTries; try++ {
		status := a.post(h.Address, body, signature)
		a.deliveries.keep(Delivery{At: a.cfg.Now(), Hook: h.ID, Event: event, Body: string(body), Status: status, Try: try, Fault: fault})
		taken := status >= 200 && status < 300
		a.mu.Lock()
		if taken {
			h.failed = 0
		} else if h.failed++; h.failed >= failuresAllowed {
			h.Active = false
		}
		a.mu.Unlock()
		if taken || !mischief.Pause(context.Background(), a.closed, a.cfg.HookRetry) {
			return
		}
	}
}

func (a *Account) post(address string, body []byte, signature string) (status int) {
	ctx, cancel := context.WithTimeout(context.Background(), deliveryPatience)
	defer cancel()
	go func() {
		select {
		case <-a.closed:
			cancel()
		case <-ctx.Done():
		}
	}()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return 0
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "Picqer (fake)")
	if signature != "" {
		req.Header.Set("X-Picqer-Signature", signature)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0
	}
	_ = res.Body.Close()
	return res.StatusCode
}
