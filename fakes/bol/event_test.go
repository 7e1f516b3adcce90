package bol

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// heard is one event as a receiver got it.
type heard struct {
	signature string
	body      []byte
}

func listen(t *testing.T, status int) (string, chan heard) {
	t.Helper()
	got := make(chan heard, 100)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		w.WriteHeader(status)
		got <- heard{r.Header.Get("Signature"), b}
	}))
	t.Cleanup(srv.Close)
	return srv.URL, got
}

func (s *served) key() (string, *rsa.PublicKey) {
	s.t.Helper()
	var k struct {
		Keys []struct {
			ID  string `json:"id"`
			Key string `json:"publicKey"`
		} `json:"signatureKeys"`
	}
	s.get("/retailer/subscriptions/signature-keys", &k)
	der, err := base64.StdEncoding.DecodeString(k.Keys[0].Key)
	if err != nil {
		s.t.Fatal(err)
	}
	pub, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		s.t.Fatal(err)
	}
	return k.Keys[0].ID, pub.(*rsa.PublicKey)
}

func (s *served) run() {
	done := make(chan struct{})
	go func() { defer close(done); s.Run(s.t.Context()) }()
	s.t.Cleanup(func() { s.Close(); <-done })
}

func TestWebhooksAreSigned(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{NoLimits: true, Offers: 3, Orders: -1})
	s.run()
	url, events := listen(t, 204)
	st := s.submit("POST", "/retailer/subscriptions", `{"resources":["SHIPMENT","ORDER"],"url":"`+url+`","subscriptionType":"WEBHOOK","enabled":true}`)
	for round, want := range []string{"0", "1"} {
		if round == 1 {
			s.RotateKey()
		}
		id, pub := s.key()
		if _, err := s.PlaceOrder(NewOrder{Items: []NewItem{{EAN: "8710000000001"}}}); err != nil {
			t.Fatal(err)
		}
		e := <-events
		rest, found := strings.CutPrefix(e.signature, "keyId="+want+`, algorithm="rsa-sha256", signature=`)
		signature, err := base64.StdEncoding.DecodeString(rest)
		sum := sha256.Sum256(e.body)
		if id != want || !found || err != nil || rsa.VerifyPKCS1v15(pub, crypto.SHA256, sum[:], signature) != nil {
			t.Errorf("key %s: %s over %s", id, e.signature, e.body)
		}
		if !strings.Contains(string(e.body), `"resource":"ORDER"`) {
			t.Errorf("%s", e.body)
		}
	}
	s.submit("POST", "/retailer/subscriptions/test/"+st.Entity, "")
	if e := <-events; !strings.Contains(string(e.body), `"type":"TEST"`) {
		t.Errorf("test: %s", e.body)
	}
}

func TestSubscriptionIsSwitchedOff(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{NoLimits: true, Offers: 3, Orders: -1, WebhookRetry: time.Millisecond, WebhookTries: 3})
	s.run()
	url, events := listen(t, 500)
	body := `{"resources":["ORDER"],"url":"` + url + `","subscriptionType":"WEBHOOK","enabled":true}`
	st := s.submit("POST", "/retailer/subscriptions", body)
	place := func() {
		if _, err := s.PlaceOrder(NewOrder{Items: []NewItem{{EAN: "8710000000001"}}}); err != nil {
			t.Fatal(err)
		}
	}
	place()
	for range 3 {
		<-events
	}
	var sub subscription
	for deadline := time.Now().Add(20 * time.Second); ; {
		if s.get("/retailer/subscriptions/"+st.Entity, &sub); !sub.Enabled {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("still enabled after three failures")
		}
	}
	place()
	s.submit("PUT", "/retailer/subscriptions/"+st.Entity, body)
	s.get("/retailer/subscriptions/"+st.Entity, &sub)
	if !sub.Enabled || len(events) != 0 {
		t.Errorf("%+v, %d events while it was off", sub, len(events))
	}
	if d := s.Ledger().Deliveries[st.Entity]; d.Refused != 3 || d.Taken != 0 {
		t.Errorf("%+v", d)
	}
	s.submit("DELETE", "/retailer/subscriptions/"+st.Entity, "")
	if g := s.do("GET", "/retailer/subscriptions", ""); string(g.body) != "{ }" {
		t.Errorf("deleted: %s", g.body)
	}
}
