package exact

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
)

// topics that can be subscribed to.
var topics = []string{"Accounts", "Items", "StockPositions", "SalesOrders", "PurchaseOrders", "GoodsDeliveries", "SalesInvoices", "Quotations", "Contacts", "Documents", "BankAccounts", "FinancialTransactions", "CostTransactions", "TimeTransactions"}

// hooks delivers webhooks, once each and without another try: they are no
// guarantee.
type hooks struct {
	site   *Site
	client *http.Client
	queue  chan delivery
	work   sync.WaitGroup
	sent   atomic.Int64
	failed atomic.Int64
}

// delivery is one webhook on its way.
type delivery struct {
	url  string
	body []byte
}

const (
	hookQueue   = 100_000
	hookWorkers = 4
)

func (h *hooks) init(s *Site) {
	h.site, h.client, h.queue = s, newClient(), make(chan delivery, hookQueue)
	for range hookWorkers {
		h.work.Go(h.deliver)
	}
}

func (h *hooks) wait() { h.work.Wait() }

func (h *hooks) deliver() {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	for {
		select {
		case <-h.site.closed:
			return
		case d := <-h.queue:
			h.sent.Add(1)
			if !h.post(ctx, d.url, d.body) {
				h.failed.Add(1)
			}
		}
	}
}

// post tells whether an address answered 2xx.
func (h *hooks) post(ctx context.Context, url string, body []byte) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return false
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	res, err := h.client.Do(req)
	if err != nil {
		return false
	}
	_ = res.Body.Close()
	return res.StatusCode/100 == 2
}

// subscribe refuses a subscription that cannot be; its address has answered
// the empty call already.
func (a *administration) subscribe(c *call, v values) *answer {
	topic := text0(v["Topic"])
	for _, r := range a.table(subscriptions).rows {
		if r.get(subscriptions, "Topic") == topic {
			return refuse("Data already exists. Topic: %s", topic)
		}
	}
	v["ClientID"], v["UserID"] = guidOf(a.site.cfg.Seed, saltUser, 99), c.grant.userID
	v["Description"] = a.site.cfg.ClientID
	a.origin = c.origin()
	return nil
}

// checkCallback makes the empty, unsigned call that every new subscription
// begins with. It is made before anything is locked, since the callback may
// call the site.
func (s *Site) checkCallback(c *call) *answer {
	if c.r.Method != http.MethodPost || c.path != subscriptions.service+"/"+subscriptions.name {
		return nil
	}
	v, _, bad := readBody(c.body, subscriptions)
	if bad != nil {
		return bad
	}
	url := text0(v["CallbackURL"])
	switch {
	case !slices.Contains(topics, text0(v["Topic"])):
		return refuse("Topic: not found")
	case !strings.HasPrefix(url, "https://") && !(s.cfg.PlainCallbacks && strings.HasPrefix(url, "http://")):
		return refuse("CallbackURL: must begin with https://")
	case !s.hooks.post(c.r.Context(), url, nil):
		return refuse("CallbackURL: no successful response")
	}
	return nil
}

// tell queues the webhooks of a change.
func (a *administration) tell(e *entity, r *row, action string) {
	if a.quiet || e.topic == "" && e.topicKey == "" {
		return
	}
	topic, key, def := e.topic, r.text(e, e.key[0]), e
	if e.topicKey != "" {
		def = byName[e.parent]
		topic, key, action = def.topic, r.text(e, e.topicKey), "Update"
	}
	for _, sub := range a.table(subscriptions).byKey() {
		if sub.get(subscriptions, "Topic") != topic {
			continue
		}
		d := delivery{sub.text(subscriptions, "CallbackURL"), a.signed(topic, action, key, def)}
		m := a.site.faults.Set()
		times := 1
		switch {
		case a.site.faults.Chance(m.LostWebhooks):
			times = 0
		case a.site.faults.Chance(m.DoubledWebhooks):
			times = 2
		}
		for range times {
			select {
			case a.site.hooks.queue <- d:
			default: // too many are waiting: Exact gives no guarantee either
			}
		}
	}
}

// signed is the body of a webhook: HashCode is the HMAC of the text of Content
// as it stands in the body.
func (a *administration) signed(topic, action, key string, e *entity) []byte {
	content := []byte(`{"Topic":"` + topic + `","ClientId":"` + guidOf(a.site.cfg.Seed, saltUser, 99) + `","Division":` + strconv.Itoa(a.code) +
		`,"Action":"` + action + `","Key":"` + key + `","ExactOnlineEndpoint":"` + a.origin + `/api/v1/` + strconv.Itoa(a.code) + `/` + e.service + `/` + e.name + `(guid'` + key + `')"}`)
	mac := hmac.New(sha256.New, []byte(a.site.cfg.WebhookSecret))
	mac.Write(content)
	return []byte(`{"Content":` + string(content) + `,"HashCode":"` + strings.ToUpper(hex.EncodeToString(mac.Sum(nil))) + `"}`)
}
