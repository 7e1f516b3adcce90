package exact

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"
)

// pair is a supplier and an item it sells in boxes.
func (s *served) pair() (supplier, product string, offer item) {
	s.t.Helper()
	for _, r := range s.all("logistics/SupplierItem?$select=Item,Supplier,PurchaseUnitFactor,PurchasePrice&$filter=PurchaseUnitFactor gt 1") {
		return r["Supplier"].(string), r["Item"].(string), r
	}
	s.t.Fatal("no box")
	return "", "", nil
}

func TestPurchaseOrderIsMadeChangedAndDeleted(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{})
	supplier, product, offer := s.pair()
	body := func(extra string) string {
		return `{"OrderDate":"2026-03-02T00:00:00","Supplier":"` + supplier + `","YourRef":"KOP1",` + extra + `"PurchaseOrderLines":[{"Item":"` + product + `","QuantityInPurchaseUnits":2}]}`
	}
	g := s.do("POST", "purchaseorder/PurchaseOrders", body(""))
	if g.status != http.StatusCreated {
		t.Fatalf("%d %s", g.status, g.body)
	}
	made := decode[struct{ D item }](t, g.body).D
	id := made["PurchaseOrderID"].(string)
	if made["Source"] != 11.0 || made["OrderStatus"] != 10.0 || made["AmountDC"] != cents(2*offer["PurchasePrice"].(float64)) {
		t.Errorf("made %v", made)
	}
	find := "purchaseorder/PurchaseOrders?$select=PurchaseOrderID,ReceiptDate,PurchaseOrderLines&$expand=PurchaseOrderLines&$filter=YourRef eq 'KOP1'"
	found := s.all(find)
	line := found[0]["PurchaseOrderLines"].(map[string]any)["results"].([]any)[0].(map[string]any)
	if len(found) != 1 || line["Quantity"] != 2*offer["PurchaseUnitFactor"].(float64) {
		t.Errorf("found %v", found)
	}
	if g := s.do("POST", "purchaseorder/PurchaseOrders", body(`"OrderNumber":`+plain(made["OrderNumber"])+`,`)); g.status != http.StatusBadRequest {
		t.Errorf("a number twice: %d %s", g.status, g.body)
	}
	if g := s.do("POST", "purchaseorder/PurchaseOrders", `{"YourRef":"KOP2"}`); g.status != http.StatusBadRequest || !strings.Contains(string(g.body), `"value":"`) {
		t.Errorf("without supplier: %d %s", g.status, g.body)
	}
	if g := s.do("PUT", "purchaseorder/PurchaseOrders(guid'"+id+"')", `{"ReceiptDate":"2026-04-01"}`); g.status != http.StatusNoContent {
		t.Errorf("put: %d %s", g.status, g.body)
	}
	if g := s.do("PUT", "purchaseorder/PurchaseOrderLines(guid'"+line["ID"].(string)+"')", `{"QuantityInPurchaseUnits":3}`); g.status != http.StatusNoContent {
		t.Errorf("put line: %d %s", g.status, g.body)
	}
	if o := s.Truth(123456).buy("KOP1"); o.Lines[line["ID"].(string)] != 3*offer["PurchaseUnitFactor"].(float64) || o.Total != cents(3*offer["PurchasePrice"].(float64)) {
		t.Errorf("truth %+v", o)
	}
	if g := s.do("DELETE", "purchaseorder/PurchaseOrders(guid'"+id+"')", ""); g.status != http.StatusNoContent {
		t.Errorf("delete: %d %s", g.status, g.body)
	}
	if rows := s.all(find); len(rows) != 0 {
		t.Errorf("still there: %v", rows)
	}
	if l := s.Ledger(); l.PurchaseOrders != 1 || len(l.Doubled) != 0 {
		t.Errorf("ledger %+v", l)
	}
}

func (t Truth) buy(reference string) TruthBuyOrder {
	for _, o := range t.BuyOrders {
		if o.Reference == reference {
			return o
		}
	}
	return TruthBuyOrder{}
}

func TestAPushAfterALostAnswerIsDoubled(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Misbehaviour: Misbehaviour{Faults: []Fault{{Kind: ErrorAfter, Method: "POST", Path: "PurchaseOrders", Times: 1}}}})
	supplier, product, _ := s.pair()
	body := `{"Supplier":"` + supplier + `","YourRef":"KOP7","PurchaseOrderLines":[{"Item":"` + product + `","QuantityInPurchaseUnits":1}]}`
	for _, want := range []int{500, 201} {
		if g := s.do("POST", "purchaseorder/PurchaseOrders", body); g.status != want {
			t.Fatalf("%d %s", g.status, g.body)
		}
	}
	if l := s.Ledger(); len(l.Doubled) != 1 || l.Doubled[0] != "KOP7" {
		t.Errorf("doubled %v", l.Doubled)
	}
}

func TestReceivingChangesOrderAndStock(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Items: 60})
	for _, o := range s.Truth(123456).BuyOrders {
		if o.Completed {
			continue
		}
		if err := s.Receive(123456, o.ID, 1); err != nil {
			t.Fatal(err)
		}
		for _, now := range s.Truth(123456).BuyOrders {
			if now.ID == o.ID && !now.Completed {
				t.Errorf("%+v is not complete", now)
			}
		}
		got := map[string]float64{}
		for _, d := range s.Truth(123456).Deliveries {
			got[d.Line] += float64(d.Quantity)
		}
		for line, want := range o.Lines {
			if got[line] != want {
				t.Errorf("line %s: received %v of %v", line, got[line], want)
			}
		}
		return
	}
	t.Fatal("no open order")
}

func TestWebhooks(t *testing.T) {
	t.Parallel()
	type hook struct {
		body   string
		length int64
	}
	hooks := make(chan hook, 100)
	var refuse bool
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		if refuse {
			w.WriteHeader(http.StatusTeapot)
			return
		}
		hooks <- hook{string(b), r.ContentLength}
	}))
	defer receiver.Close()
	s := serve(t, Config{Items: 5, PlainCallbacks: true})
	subscribe := `{"CallbackURL":"` + receiver.URL + `","Topic":"Items"}`
	refuse = true
	if g := s.do("POST", "webhooks/WebhookSubscriptions", subscribe); g.status != http.StatusBadRequest {
		t.Errorf("a callback that refuses: %d", g.status)
	}
	refuse = false
	g := s.do("POST", "webhooks/WebhookSubscriptions", subscribe)
	if first := <-hooks; g.status != http.StatusCreated || first.body != "" || first.length != 0 {
		t.Fatalf("%d %s, first call %+v", g.status, g.body, first)
	}
	if g := s.do("POST", "webhooks/WebhookSubscriptions", subscribe); g.status != http.StatusBadRequest {
		t.Errorf("a second one: %d", g.status)
	}
	<-hooks // its empty call
	product := s.Truth(123456).Products[0].ID
	if err := s.Set(123456, "Items", product, map[string]any{"Description": "new"}); err != nil {
		t.Fatal(err)
	}
	select {
	case h := <-hooks:
		m := regexp.MustCompile(`^{"Content":(.*),"HashCode":"(.*)"}$`).FindStringSubmatch(h.body)
		mac := hmac.New(sha256.New, []byte("fake-webhook-secret"))
		mac.Write([]byte(m[1]))
		if m[2] != strings.ToUpper(hex.EncodeToString(mac.Sum(nil))) {
			t.Errorf("hash of %s", h.body)
		}
		var content struct {
			Topic, Action, Key string
			Division           int
		}
		if err := json.Unmarshal([]byte(m[1]), &content); err != nil || content.Key != product || content.Action != "Update" || content.Topic != "Items" || content.Division != 123456 {
			t.Errorf("%+v %v", content, err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("no webhook")
	}
	sub := decode[struct{ D item }](t, g.body).D["ID"].(string)
	if g := s.do("DELETE", "webhooks/WebhookSubscriptions(guid'"+sub+"')", ""); g.status != http.StatusNoContent {
		t.Errorf("delete: %d", g.status)
	}
}
