package exact

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

func TestSyncEndpointsPageByTimestamp(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Items: 25, BulkPage: 10})
	rows, next := s.page("sync/Logistics/Items?$select=ID,Code,Modified,Timestamp&$filter=Timestamp gt 1L")
	if len(rows) != 10 || !strings.Contains(next, "$skiptoken=") || !strings.Contains(next, "$select=ID,Code,Modified,Timestamp") {
		t.Fatalf("%d rows, next %s", len(rows), next)
	}
	if m, ok := rows[0]["Modified"].(string); !ok || !strings.HasPrefix(m, "/Date(") {
		t.Errorf("Modified is %v", rows[0]["Modified"])
	}
	all := s.all("sync/Logistics/Items?$select=ID,Timestamp&$filter=Timestamp gt 1L")
	last := 0.0
	for _, r := range all {
		if now := r["Timestamp"].(float64); now <= last {
			t.Fatalf("not ascending: %v", column(all, "Timestamp"))
		} else {
			last = now
		}
	}
	if len(all) != 25 {
		t.Errorf("%d items", len(all))
	}
	id := all[3]["ID"].(string)
	for range 2 {
		if err := s.Set(123456, "Items", id, map[string]any{"Description": "changed"}); err != nil {
			t.Fatal(err)
		}
	}
	if changed := s.all(fmt.Sprintf("sync/Logistics/Items?$select=ID,Timestamp&$filter=Timestamp gt %.0fL", last)); len(changed) != 1 || changed[0]["ID"] != id {
		t.Errorf("changed twice: %v", changed)
	}
	for _, path := range []string{"sync/Logistics/Items?$select=ID&$filter=Modified gt datetime'2026-01-01T00:00:00'", "sync/Logistics/Items?$select=ID", "sync/Logistics/Items?$select=StandardSalesPrice&$filter=Timestamp gt 1L"} {
		if g := s.do("GET", path, ""); g.status != http.StatusBadRequest {
			t.Errorf("%s: %d", path, g.status)
		}
	}
}

func TestOrdinaryEndpointsWantSelectAndFilter(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Items: 130})
	for path, want := range map[string]int{
		"logistics/Items":                                400, // no $select
		"logistics/Items?$select=ID":                     400, // it has a sync twin
		"logistics/Items?$top=1":                         200,
		"logistics/Items?$select=ID,Nothing&$top=1":      400,
		"logistics/Items?$select=ID&$filter=Code eq 'X'": 200,
		"logistics/Items?$select=ID&$filter=Code eq 5":   400,
		"logistics/Items?$select=ID&$skip=60":            400,
		"inventory/Warehouses?$select=ID,Code":           200,
		"logistics/Nothing?$select=ID":                   404,
		"sync/Nothing?$select=ID":                        404,
	} {
		if g := s.do("GET", path, ""); g.status != want {
			t.Errorf("%s: %d %s", path, g.status, g.body)
		}
	}
	rows, next := s.page("logistics/Items?$select=ID,Code&$filter=Modified gt datetime'2020-01-01T00:00:00'")
	if len(rows) != 60 || !strings.Contains(next, "$skiptoken=guid") {
		t.Fatalf("%d rows, %s", len(rows), next)
	}
	if all := s.all("logistics/Items?$select=ID&$filter=Modified gt datetime'2020-01-01T00:00:00'"); len(all) != 130 {
		t.Errorf("%d items", len(all))
	}
	if all := s.all("bulk/Logistics/Items?$select=ID,StandardSalesPrice&$filter=Modified gt datetime'2020-01-01T00:00:00'"); len(all) != 130 || all[0]["StandardSalesPrice"] == nil {
		t.Errorf("bulk: %d items", len(all))
	}
	g := s.ok("logistics/Items?$select=ID&$top=1")
	if !strings.HasPrefix(string(g.body), `{"d":[{`) {
		t.Errorf("with $top d is an array: %.60s", g.body)
	}
	g = s.ok("logistics/Items(guid'" + rows[0]["ID"].(string) + "')?$select=ID,Code")
	if !strings.HasPrefix(string(g.body), `{"d":{"__metadata"`) {
		t.Errorf("one entity: %.60s", g.body)
	}
	if g := s.do("GET", "logistics/Items(guid'00000000-0000-0000-0000-000000000000')?$select=ID", ""); g.status != 404 {
		t.Errorf("no such item: %d", g.status)
	}
}

func TestFiltersJoinComparisons(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Items: 40})
	all := s.all("purchaseorder/PurchaseOrders?$select=PurchaseOrderID,OrderStatus,ReceiptStatus,Warehouse&$filter=Modified gt datetime'2020-01-01T00:00:00'")
	some := s.all("purchaseorder/PurchaseOrders?$select=PurchaseOrderID,OrderStatus&$filter=(OrderStatus eq 20 or OrderStatus eq 10) and ( ReceiptStatus eq 10 or ReceiptStatus eq 20) and (Warehouse eq guid'" + all[0]["Warehouse"].(string) + "')")
	want := 0
	for _, r := range all {
		if r["OrderStatus"].(float64) <= 20 {
			want++
		}
	}
	if len(some) != want || want == 0 || want == len(all) {
		t.Errorf("%d of %d orders, want %d", len(some), len(all), want)
	}
	code := s.all("crm/Accounts?$select=Code&$filter=IsSupplier eq true")[0]["Code"].(string)
	if len(code) != 18 || code[0] != ' ' {
		t.Errorf("code %q", code)
	}
	if rows := s.all("crm/Accounts?$select=ID&$filter=Code eq '" + code + "'"); len(rows) != 1 {
		t.Errorf("by padded code: %v", rows)
	}
}

func TestAtomWithoutAccept(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Items: 3})
	g := s.send("GET", s.url+"/api/v1/123456/"+encoded("logistics/Items?$select=ID,Code,IsSalesItem,Modified&$filter=Code eq 'ITM-00001'"), "", map[string]string{"Authorization": "Bearer " + s.access})
	if g.status != 200 || !strings.HasPrefix(g.header.Get("Content-Type"), "application/atom+xml") || !strings.Contains(string(g.body), "<d:Code>ITM-00001</d:Code>") || !strings.Contains(string(g.body), `<d:IsSalesItem m:type="Edm.Boolean">true`) {
		t.Errorf("%d %s", g.status, g.body)
	}
}

func TestChildrenAreExpandedOrDeferred(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Items: 30})
	filter := "&$filter=Modified gt datetime'2020-01-01T00:00:00'"
	rows := s.all("salesorder/SalesOrders?$select=OrderID,SalesOrderLines/ID,SalesOrderLines/Item,SalesOrderLines/Quantity&$expand=SalesOrderLines" + filter)
	lines := rows[0]["SalesOrderLines"].(map[string]any)["results"].([]any)
	if line := lines[0].(map[string]any); len(lines) == 0 || line["Quantity"] == nil || line["AmountDC"] != nil {
		t.Errorf("lines %v", lines)
	}
	rows = s.all("salesorder/SalesOrders?$select=OrderID,SalesOrderLines" + filter)
	if _, ok := rows[0]["SalesOrderLines"].(map[string]any)["__deferred"]; !ok {
		t.Errorf("not deferred: %v", rows[0])
	}
}

func TestPurchaseOrdersAreFlatOnTheSyncTwin(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Items: 30, PurchaseOrders: 10})
	path := "sync/PurchaseOrder/PurchaseOrders?$select=ID,PurchaseOrderID,YourRef,Item,Quantity,OrderStatus,Timestamp&$filter=Timestamp gt %dL"
	rows := s.all(fmt.Sprintf(path, 1))
	want, err := s.Rows(123456, "PurchaseOrderLines")
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != len(want) || rows[0]["YourRef"] == nil {
		t.Fatalf("%d rows for %d lines: %v", len(rows), len(want), rows[0])
	}
	order := rows[0]["PurchaseOrderID"].(string)
	lines := 0
	for _, r := range rows {
		if r["PurchaseOrderID"] == order {
			lines++
		}
	}
	before := s.State().Timestamp
	if err := s.Set(123456, "PurchaseOrders", order, map[string]any{"Description": "changed"}); err != nil {
		t.Fatal(err)
	}
	if changed := s.all(fmt.Sprintf(path, before)); len(changed) != lines {
		t.Errorf("a header changed: %d rows, its order has %d lines", len(changed), lines)
	}
}

func TestReceiptLinesRepeatTheirIDAcrossPages(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Items: 60, PurchaseOrders: 60, Page: 1})
	rows := s.all("purchaseorder/GoodsReceiptLines?$select=ID,Location,QuantityReceived")
	want, err := s.Rows(123456, "GoodsReceiptLines")
	if err != nil {
		t.Fatal(err)
	}
	ids := map[any]bool{}
	for _, r := range rows {
		ids[r["ID"]] = true
	}
	if len(rows) != len(want) || len(ids) == len(rows) {
		t.Errorf("%d rows of %d, %d ids", len(rows), len(want), len(ids))
	}
}

func TestDeletedRowsAreTold(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Items: 30})
	item := s.all("sync/Logistics/Items?$select=ID&$filter=Timestamp gt 1L")[2]["ID"].(string)
	order := s.all("sync/SalesOrder/SalesOrderHeaders?$select=OrderID,Timestamp&$filter=Timestamp gt 1L")[0]["OrderID"].(string)
	for entity, key := range map[string]string{"Items": item, "SalesOrders": order} {
		if err := s.Delete(123456, entity, key); err != nil {
			t.Fatal(err)
		}
	}
	told := map[string]float64{}
	for _, r := range s.all("sync/Deleted?$select=Timestamp,EntityType,EntityKey,DeletedDate,DeletedBy,Division,ID&$filter=Timestamp gt 1L") {
		told[r["EntityKey"].(string)] = r["EntityType"].(float64)
	}
	if told[item] != 9 || told[order] != 32 {
		t.Errorf("told %v", told)
	}
	if n := len(s.all("sync/SalesOrder/SalesOrderHeaders?$select=OrderID&$filter=Timestamp gt 1L")); n != 99 {
		t.Errorf("%d orders", n)
	}
	lacking := serve(t, Config{Items: -1, Without: []string{"deleted", "manufacturing"}})
	for _, path := range []string{"sync/Deleted?$select=ID&$filter=Timestamp gt 1L", "manufacturing/BillOfMaterialVersions?$select=ID&$top=1"} {
		if g := lacking.do("GET", path, ""); g.status != http.StatusForbidden {
			t.Errorf("%s: %d", path, g.status)
		}
	}
}

func TestOneLoginSeesEveryDivision(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Items: -1, Divisions: 3})
	for _, path := range []string{"system/Divisions", "system/AllDivisions", "hrm/Divisions"} {
		if codes := column(s.all(path+"?$select=Code,Description"), "Code"); len(codes) != 3 || codes[0] != 123456.0 || codes[2] != 123458.0 {
			t.Errorf("%s: %v", path, codes)
		}
	}
}

func TestFunctions(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Items: 5})
	rows := s.all("sync/Inventory/StockPositions?$select=ItemId,CurrentStock,PlanningOut&$filter=Timestamp gt 1L")
	id, sum := rows[0]["ItemId"].(string), 0.0
	for _, r := range rows {
		if r["ItemId"] == id {
			sum += r["CurrentStock"].(float64)
		}
	}
	var one struct{ D []item }
	if err := json.Unmarshal(s.ok("read/logistics/StockPosition?itemId=guid'"+id+"'").body, &one); err != nil || one.D[0]["InStock"] != sum {
		t.Errorf("%v %v, want %v", one, err, sum)
	}
	g := s.ok("read/sync/Sync/SyncTimestamp?modified=datetime'2030-01-01T00:00:00'&endPoint='Items'")
	if !strings.Contains(string(g.body), "TimeStampAsBigInt") {
		t.Errorf("%s", g.body)
	}
}
