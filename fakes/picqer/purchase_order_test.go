package picqer

import (
	"fmt"
	"testing"
)

const onePurchaseOrder = `{"idsupplier":31,"idwarehouse":1,"delivery_date":"2026-03-08","supplier_orderid":"KOP1","remarks":"KOP1","products":[{"idproduct":501,"amount":20,"price":38.0},{"idproduct":502,"amount":3}]}`

func (s served) order(body string) item {
	s.t.Helper()
	return decode[item](s.t, s.do(201, "POST", "/purchaseorders", body).body)
}

func linesOf(o item) []item {
	var lines []item
	for _, l := range o["products"].([]any) {
		lines = append(lines, item(l.(map[string]any)))
	}
	return lines
}

func TestPurchaseOrderIsPlacedInTwoCalls(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{})
	o := s.order(onePurchaseOrder)
	if o["status"] != "concept" || o.id("idpurchaseorder") != "4711" || o.id("purchaseorderid") != "P2026-4711" || o["supplier_orderid"] != "KOP1" {
		t.Errorf("created: %v", o)
	}
	if lines := linesOf(o); len(lines) != 2 || lines[0].id("price") != "38.0" || lines[1]["price"] == nil {
		t.Errorf("lines: %v", lines)
	}
	if l := s.Ledger(); len(l.Concepts) != 1 || l.References != 1 {
		t.Errorf("ledger: %+v", l)
	}
	bought := decode[item](t, s.do(200, "POST", "/purchaseorders/4711/mark-as-purchased", "").body)
	if bought["status"] != "purchased" {
		t.Errorf("bought: %v", bought["status"])
	}
	s.do(400, "POST", "/purchaseorders/4711/mark-as-purchased", "")
	s.order(onePurchaseOrder)
	if l := s.Ledger(); len(l.Doubled) != 1 || l.PurchaseOrders != 2 {
		t.Errorf("posted twice: %+v", l)
	}
	s.do(200, "POST", "/purchaseorders/4712/cancel", "")
	if l := s.Ledger(); len(l.Doubled) != 0 {
		t.Errorf("one cancelled: %+v", l)
	}
	s.do(400, "PUT", "/purchaseorders/4712", `{"remarks":"late"}`)
}

func TestPurchaseOrderIsRefused(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{})
	for _, body := range []string{
		`{}`, `{"idsupplier":1}`, `{"idsupplier":31,"idwarehouse":9}`, `{"idsupplier":31,"delivery_date":"8-3-2026"}`, `[`,
		`{"idsupplier":31,"products":[{"idproduct":1,"amount":1}]}`, `{"idsupplier":31,"products":[{"idproduct":501,"amount":0}]}`,
		`{"idsupplier":31,"products":[{"idproduct":501,"amount":1.5}]}`, `{"idsupplier":31,"products":[{"idproduct":501,"amount":1,"price":"x"}]}`,
	} {
		s.do(400, "POST", "/purchaseorders", body)
	}
	if n := s.Ledger().PurchaseOrders; n != 0 {
		t.Errorf("%d orders were made", n)
	}
	s.order(`{"supplier_name":"No row of its own"}`)
	s.do(400, "POST", "/purchaseorders/4711/mark-as-purchased", "")
	s.do(404, "GET", "/purchaseorders/1", "")
}

func TestLinesAreEdited(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{})
	first := linesOf(s.order(onePurchaseOrder))[0].id("idpurchaseorder_product")
	added := decode[item](t, s.do(201, "POST", "/purchaseorders/4711/products", `{"idproduct":503,"amount":4,"price":1.25}`).body)
	s.do(200, "PUT", "/purchaseorders/4711/products/"+first, `{"amount":24}`)
	s.do(200, "DELETE", "/purchaseorders/4711/products/"+added.id("idpurchaseorder_product"), "")
	s.do(404, "PUT", "/purchaseorders/4711/products/999999", `{"amount":24}`)
	s.do(400, "PUT", "/purchaseorders/4711/products/"+first, `{"amount":0}`)
	s.do(200, "PUT", "/purchaseorders/4711", `{"delivery_date":"2026-04-01"}`)
	o := s.one("/purchaseorders/4711")
	if lines := linesOf(o); len(lines) != 2 || lines[0].id("amount") != "24" || o["delivery_date"] != "2026-04-01" {
		t.Errorf("order: %v", o)
	}
}

func TestReceiptsFillAndRevertAnOrder(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{})
	lines := linesOf(s.order(onePurchaseOrder))
	receipt := func(want int, line string, amount int) got {
		return s.do(want, "POST", "/purchaseorders/4711/receipts", fmt.Sprintf(`{"products":[{"idpurchaseorder_product":%s,"amount":%d}]}`, line, amount))
	}
	a, b := lines[0].id("idpurchaseorder_product"), lines[1].id("idpurchaseorder_product")
	receipt(400, a, 20) // still a concept
	s.do(200, "POST", "/purchaseorders/4711/mark-as-purchased", "")
	before := linesOf(item{"products": s.one("/products/501")["stock"]})[0].id("stock")
	receipt(201, a, 20)
	if o := s.one("/purchaseorders/4711"); o["status"] != "purchased" {
		t.Errorf("half in: %v", o["status"])
	}
	s.do(400, "POST", "/purchaseorders/4711/cancel", "")
	made := decode[item](t, receipt(201, b, 4).body)
	if made["status"] != "completed" || made.id("amount_received_excessive") != "1" {
		t.Errorf("receipt: %v", made)
	}
	if o := s.one("/purchaseorders/4711"); o["status"] != "received" {
		t.Errorf("all in: %v", o["status"])
	}
	after := linesOf(item{"products": s.one("/products/501")["stock"]})[0].id("stock")
	if before == after {
		t.Errorf("the stock stayed %s", before)
	}
	if of := s.rows("/purchaseorders/4711/receipts"); len(of) != 2 {
		t.Errorf("receipts of the order: %d", len(of))
	}
	s.do(200, "POST", "/_demo/revert", fmt.Sprintf(`{"receipt":300,"line":%s,"amount":5}`, linesOf(s.one("/receipts/300"))[0].id("idreceipt_product")))
	if o := s.one("/purchaseorders/4711"); o["status"] != "purchased" || linesOf(o)[0].id("amountreceived") != "15" {
		t.Errorf("reverted: %v", o)
	}
}

func TestStockIsWrittenAbsoluteOrRelative(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{ComposedEvery: 5})
	stock := func() string { return s.rows("/products/501/stock")[0].id("stock") }
	for range 2 {
		s.do(200, "POST", "/products/501/stock/1", `{"amount":7,"reason":"Counted"}`)
	}
	if stock() != "7" {
		t.Errorf("absolute: %s", stock())
	}
	for range 2 {
		s.do(200, "POST", "/products/501/stock/1", `{"change":-1,"reason":"Broken"}`)
	}
	if stock() != "5" {
		t.Errorf("relative, twice: %s", stock())
	}
	history := s.rows("/stockhistory?idproduct=501")
	if len(history) != 3 || history[2].id("new_stock") != "5" {
		t.Errorf("history: %v", history)
	}
	for path, body := range map[string]string{
		"/products/501/stock/1":  `{"amount":7}`,
		"/products/502/stock/1":  `{"amount":7,"change":1,"reason":"x"}`,
		"/products/505/stock/1 ": `{"amount":7,"reason":"x"}`,
	} {
		if g := s.as("picqer_demo", "POST", path, body, nil); g.status == 200 {
			t.Errorf("%s %s was taken", path, body)
		}
	}
}
