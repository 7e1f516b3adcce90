package mapping

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/shopspring/decimal"

	"github.com/koppel-io/koppel"
)

func shapeOf(t koppel.ShapeType) *koppel.Shape { return &koppel.Shape{Type: t} }

func nullable(t koppel.ShapeType) *koppel.Shape { return &koppel.Shape{Type: t, Nullable: true} }

func listOf(elem *koppel.Shape) *koppel.Shape {
	return &koppel.Shape{Type: koppel.ShapeList, Elem: elem}
}

func objectOf(members map[string]*koppel.Shape) *koppel.Shape {
	return &koppel.Shape{Type: koppel.ShapeObject, Members: members}
}

var benchShape = objectOf(map[string]*koppel.Shape{
	"id": shapeOf(koppel.ShapeInt), "name": shapeOf(koppel.ShapeString), "type": shapeOf(koppel.ShapeString),
	"status": shapeOf(koppel.ShapeString), "sku": shapeOf(koppel.ShapeString), "price": shapeOf(koppel.ShapeString),
	"tax_class": shapeOf(koppel.ShapeString), "global_unique_id": shapeOf(koppel.ShapeString), "weight": shapeOf(koppel.ShapeString),
	"manage_stock": nullable(koppel.ShapeAny), "stock_quantity": nullable(koppel.ShapeInt), "virtual": shapeOf(koppel.ShapeBool), "downloadable": shapeOf(koppel.ShapeBool),
	"date_created_gmt": nullable(koppel.ShapeString), "date_modified_gmt": nullable(koppel.ShapeString), "low_stock_amount": nullable(koppel.ShapeInt),
	"categories": listOf(objectOf(map[string]*koppel.Shape{"id": shapeOf(koppel.ShapeInt), "name": shapeOf(koppel.ShapeString)})),
	"attributes": listOf(objectOf(map[string]*koppel.Shape{"name": shapeOf(koppel.ShapeString), "option": shapeOf(koppel.ShapeString)})),
})

const benchMapping = `
objects:
  products:
    from: products
    where: record.type != "variable"
    remote_id: string(record.id)
    name: 'parent != nil ? parent.name + " " + join(map(record.attributes, .option), " ") : record.name'
    sku_code: record.sku
    article_code: string(record.id)
    ean_code: record.global_unique_id
    price: 'vat_out(decimal(record.price), settings.prices_include_vat, settings.vat_rate)'
    unlimited_stock: record.virtual or record.downloadable or record.manage_stock == false
    stock_level: 'record.manage_stock == true ? int(record.stock_quantity ?? 0) : nil'
    minimum_stock: record.low_stock_amount
    status: 'record.status == "publish" ? "enabled" : "disabled"'
    assembled: 'record.type == "bundle"'
    weight: decimal(record.weight) * 1000
    categories: map(record.categories, .name)
    created_at_remote: time(record.date_created_gmt, "2006-01-02T15:04:05", "UTC")
    updated_at_remote: time(record.date_modified_gmt, "2006-01-02T15:04:05", "UTC")
`

const benchRecord = `{"id":10482,"name":"Trail tent 2P green","slug":"trail-tent-2p-green","permalink":"https://shop.example/product/trail-tent-2p-green/","date_created_gmt":"2026-02-11T08:54:55","date_modified_gmt":"2026-02-12T09:36:22","type":"simple","status":"publish","description":"Light tent for two, with a porch for boots and bags.","sku":"TENT-2P-GREEN","price":"121.00","regular_price":"129.00","sale_price":"121.00","on_sale":true,"virtual":false,"downloadable":false,"tax_status":"taxable","tax_class":"","manage_stock":true,"stock_quantity":37,"backorders":"no","low_stock_amount":5,"weight":"2.35","dimensions":{"length":"60","width":"20","height":"18"},"parent_id":0,"categories":[{"id":15,"name":"Tents","slug":"tents"}],"images":[{"id":881,"src":"https://shop.example/t.jpg"}],"attributes":[],"stock_status":"instock","global_unique_id":"8712345000004","meta_data":[]}`

func benchEvaluator(tb testing.TB) (*Mapping, *Evaluator) {
	tb.Helper()
	m, err := Compile("mapping.yaml", []byte(benchMapping), Schema{
		Streams: map[string]Stream{"products": {Shape: benchShape}},
		Settings: []koppel.Setting{
			{Name: "prices_include_vat", Type: koppel.SettingBool, Default: true},
			{Name: "vat_rate", Type: koppel.SettingInt, Default: 21},
		},
	})
	if err != nil {
		tb.Fatal(err)
	}
	return m, NewEvaluator(m, Env{})
}

// handProduct is what a programmer would write for the same record.
type handProduct struct {
	ID              int64   `json:"id"`
	Name            string  `json:"name"`
	Type            string  `json:"type"`
	Status          string  `json:"status"`
	SKU             string  `json:"sku"`
	Price           string  `json:"price"`
	EAN             string  `json:"global_unique_id"`
	Weight          string  `json:"weight"`
	ManageStock     any     `json:"manage_stock"`
	StockQuantity   *int64  `json:"stock_quantity"`
	LowStockAmount  *int64  `json:"low_stock_amount"`
	Virtual         bool    `json:"virtual"`
	Downloadable    bool    `json:"downloadable"`
	DateCreatedGMT  *string `json:"date_created_gmt"`
	DateModifiedGMT *string `json:"date_modified_gmt"`
	Categories      []struct {
		Name string `json:"name"`
	} `json:"categories"`
}

type handResult struct {
	remoteID, name, sku, article, ean, status string
	price, weight                             decimal.Decimal
	unlimited, assembled                      bool
	stock, minimum                            *int64
	categories                                []string
	created, updated                          time.Time
}

func mapByHand(record []byte, included bool, rate decimal.Decimal) (r handResult, err error) {
	var p handProduct
	if err := json.Unmarshal(record, &p); err != nil {
		return r, err
	}
	r.remoteID = strconv.FormatInt(p.ID, 10)
	r.name, r.sku, r.ean = strings.TrimSpace(p.Name), strings.TrimSpace(p.SKU), strings.TrimSpace(p.EAN)
	r.article = r.remoteID
	if r.price, err = decimal.NewFromString(p.Price); err != nil {
		return r, err
	}
	if included {
		r.price = r.price.Mul(hundred).DivRound(hundred.Add(rate), 16).Round(6)
	}
	r.unlimited = p.Virtual || p.Downloadable || p.ManageStock == false
	if p.ManageStock == true && p.StockQuantity != nil {
		r.stock = p.StockQuantity
	}
	r.minimum = p.LowStockAmount
	r.status = "disabled"
	if p.Status == "publish" {
		r.status = "enabled"
	}
	r.assembled = p.Type == "bundle"
	if r.weight, err = decimal.NewFromString(p.Weight); err != nil {
		return r, err
	}
	r.weight = r.weight.Mul(decimal.NewFromInt(1000))
	for _, c := range p.Categories {
		r.categories = append(r.categories, c.Name)
	}
	if p.DateCreatedGMT != nil {
		if r.created, err = time.Parse("2006-01-02T15:04:05", *p.DateCreatedGMT); err != nil {
			return r, err
		}
	}
	if p.DateModifiedGMT != nil {
		if r.updated, err = time.Parse("2006-01-02T15:04:05", *p.DateModifiedGMT); err != nil {
			return r, err
		}
	}
	return r, nil
}

// benchRecords are products that differ where products differ, so that neither
// side is helped by seeing one record again and again.
func benchRecords() [][]byte {
	records := make([][]byte, 256)
	for i := range records {
		n := strconv.Itoa(10482 + i)
		records[i] = []byte(strings.NewReplacer("10482", n, "Trail tent 2P green", "Trail tent "+n, "TENT-2P-GREEN", "TENT-"+n, "871234500000", "8712345"+n,
			"121.00", strconv.Itoa(100+i)+".95", ":37,", ":"+strconv.Itoa(200+i)+",", "08:54:55", fmt.Sprintf("08:%02d:%02d", i/60, i%60), "09:36:22", fmt.Sprintf("09:%02d:%02d", i/60, i%60)).Replace(benchRecord))
	}
	return records
}

// BenchmarkMapProduct maps products by the engine and by hand.
func BenchmarkMapProduct(b *testing.B) {
	const fields = 16 // mapped, the id included
	records := benchRecords()
	b.Run("engine", func(b *testing.B) {
		m, e := benchEvaluator(b)
		p := m.ByStream("products")[0]
		b.ReportAllocs()
		b.SetBytes(int64(len(benchRecord)))
		for i := 0; b.Loop(); i++ {
			if _, err := e.Map(p, Input{Record: records[i%len(records)]}); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/fields, "ns/field")
	})
	b.Run("hand", func(b *testing.B) {
		rate := decimal.NewFromInt(21)
		b.ReportAllocs()
		b.SetBytes(int64(len(benchRecord)))
		for i := 0; b.Loop(); i++ {
			if _, err := mapByHand(records[i%len(records)], true, rate); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/fields, "ns/field")
	})
}

// BenchmarkScan is the decoding alone.
func BenchmarkScan(b *testing.B) {
	record := []byte(benchRecord)
	m, _ := benchEvaluator(b)
	p := m.ByStream("products")[0]
	slots := make([]any, len(p.record.leaves))
	var s scanner
	b.ReportAllocs()
	b.SetBytes(int64(len(record)))
	for b.Loop() {
		if _, err := s.scan(record, p.record.root, slots, nil); err != nil {
			b.Fatal(err)
		}
	}
}
