package main

import (
	"crypto/sha256"
	"encoding/json"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/klauspost/compress/s2"
)

// shopProduct is the shop's product as the hand-written loop reads it.
type shopProduct struct {
	ID            int64  `json:"id"`
	Name          string `json:"name"`
	Type          string `json:"type"`
	Status        string `json:"status"`
	SKU           string `json:"sku"`
	EAN           string `json:"global_unique_id"`
	Price         string `json:"price"`
	Virtual       bool   `json:"virtual"`
	Downloadable  bool   `json:"downloadable"`
	ManageStock   bool   `json:"manage_stock"`
	TaxClass      string `json:"tax_class"`
	StockQuantity *int64 `json:"stock_quantity"`
	Created       string `json:"date_created_gmt"`
	Modified      string `json:"date_modified_gmt"`
}

// handProduct is a product ready for the tables.
type handProduct struct {
	remoteID          string
	name, sku, ean    *string
	priceText         *string
	price             pgtype.Numeric
	unlimited         bool
	stock             int64
	status            string
	taxRate           string
	categories        []string
	created, modified time.Time
	hash, raw, mapped []byte
}

// taxRates are the shop's, by tax class.
var taxRates = map[string]string{"": "21", "reduced-rate": "9", "zero-rate": "0"}

var taxNumbers = map[string]pgtype.Numeric{"21": mustNumeric("21"), "9": mustNumeric("9"), "0": mustNumeric("0")}

func mustNumeric(text string) (n pgtype.Numeric) {
	if err := n.Scan(text); err != nil {
		panic(err)
	}
	return n
}

const shopTime = "2006-01-02T15:04:05"

// mapByHand decodes one record and gives a product its values.
func mapByHand(raw []byte) (handProduct, error) {
	var in shopProduct
	if err := json.Unmarshal(raw, &in); err != nil {
		return handProduct{}, err
	}
	p := handProduct{remoteID: strconv.FormatInt(in.ID, 10), name: &in.Name, sku: filled(in.SKU), ean: filled(in.EAN), status: "disabled",
		taxRate: taxRates[in.TaxClass], categories: []string{}}
	if in.Status == "publish" {
		p.status = "enabled"
	}
	if in.Price != "" {
		if err := p.price.Scan(in.Price); err != nil {
			return p, err
		}
	}
	p.unlimited = in.Virtual || in.Downloadable || !in.ManageStock
	if in.StockQuantity != nil && !p.unlimited {
		p.stock = *in.StockQuantity
	}
	var err error
	if p.created, err = time.Parse(shopTime, in.Created); err != nil {
		return p, err
	}
	p.priceText = filled(in.Price)
	p.modified, err = time.Parse(shopTime, in.Modified)
	return p, err
}

// decodeProduct adds what is stored beside the values: hash, body and mapped values.
func decodeProduct(raw []byte) (handProduct, error) {
	p, err := mapByHand(raw)
	if err != nil {
		return p, err
	}
	sum := sha256.Sum256(raw)
	p.hash, p.raw = sum[:16], s2.Encode(nil, raw)
	p.mapped, err = json.Marshal(struct {
		Name       *string   `json:"name"`
		SKU        *string   `json:"sku_code"`
		Article    string    `json:"article_code"`
		EAN        *string   `json:"ean_code"`
		Price      *string   `json:"price"`
		Unlimited  bool      `json:"unlimited_stock"`
		Stock      int64     `json:"stock_level"`
		Status     string    `json:"status"`
		TaxRate    string    `json:"tax_rate"`
		Categories []string  `json:"categories"`
		Created    time.Time `json:"created_at_remote"`
		Modified   time.Time `json:"updated_at_remote"`
	}{p.name, p.sku, p.remoteID, p.ean, p.priceText, p.unlimited, p.stock, p.status, p.taxRate, p.categories, p.created, p.modified})
	return p, err
}

func filled(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func itoa(n int) string { return strconv.Itoa(n) }

// handTable is a table with the row that a product becomes in it.
type handTable struct {
	name    string
	columns []string
	row     func(o handOrders, p *handProduct, id, change int64) []any
}

// The stream, run and scan of a database made for the loop have the number 1.
const handStream, handRun = int64(1), int64(1)

// fields is the mask of the change feed for a new product: the fields that it
// has, defaults included.
func (p *handProduct) fields() int64 {
	mask := int64(1<<0 | 1<<2 | 1<<5 | 1<<6 | 1<<7 | 1<<8 | 1<<9 | 1<<10 | 1<<11 | 1<<17 | 1<<18)
	for bit, value := range map[int]*string{1: p.sku, 3: p.ean, 4: p.priceText} {
		if value != nil {
			mask |= 1 << bit
		}
	}
	return mask
}

var handTables = []handTable{
	{"record", []string{"webshop_id", "stream_id", "remote_id", "hash", "ticket", "run_id", "codec", "raw"},
		func(o handOrders, p *handProduct, _, change int64) []any {
			return []any{o.Webshop, handStream, p.remoteID, p.hash, change, handRun, int16(1), p.raw}
		}},
	{"product", []string{"webshop_id", "id", "uuid", "name", "sku_code", "article_code", "ean_code", "price", "unlimited_stock", "stock_level",
		"status", "tax_rate", "categories", "created_at_remote", "updated_at_remote", "run_id"},
		func(o handOrders, p *handProduct, id, _ int64) []any {
			return []any{o.Webshop, id, uuid.Must(uuid.NewV7()), p.name, p.sku, p.remoteID, p.ean, p.price, p.unlimited, p.stock,
				p.status, taxNumbers[p.taxRate], p.categories, p.created, p.modified, handRun}
		}},
	{"source", []string{"webshop_id", "coupling_id", "object", "remote_id", "object_id", "stream_id", "record_id", "run_id", "mapped"},
		func(o handOrders, p *handProduct, id, _ int64) []any {
			return []any{o.Webshop, o.Coupling, "products", p.remoteID, id, handStream, p.remoteID, handRun, p.mapped}
		}},
	{"change", []string{"webshop_id", "number", "object", "object_id", "operation", "fields", "run_id"},
		func(o handOrders, p *handProduct, id, change int64) []any {
			return []any{o.Webshop, change, "products", id, "created", p.fields(), handRun}
		}},
}
