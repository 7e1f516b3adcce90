package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// rowsOf reads a table's rows as text in a fixed order, without what each load
// makes anew (ids, times, runs, hashes of another mapping).
var rowsOf = map[string]string{
	"product": `SELECT ROW(name, sku_code, article_code, ean_code, price, unlimited_stock, stock_level, status, not_being_bought,
		assembled, tax_rate, categories, created_at_remote, updated_at_remote)::text FROM product ORDER BY article_code`,
	"source":         `SELECT ROW(object, remote_id, record_id, trim_scale((mapped->>'price')::numeric), mapped::jsonb - 'price')::text FROM source ORDER BY remote_id`,
	"record":         `SELECT ROW(remote_id, codec, length(raw))::text FROM record ORDER BY remote_id`,
	"change":         `SELECT ROW(s.remote_id, c.operation, c.fields)::text FROM change c JOIN source s ON s.webshop_id = c.webshop_id AND s.object_id = c.object_id ORDER BY s.remote_id`,
	"change numbers": `SELECT ROW(count(*), count(DISTINCT number), min(number), max(number))::text FROM change`,
}

// same compares what the engine and the hand-written loop left, row by row.
func (b *board) same(ctx context.Context, engine, hand string) error {
	for _, table := range slices.Sorted(maps.Keys(rowsOf)) {
		one, err := b.rows(ctx, engine, rowsOf[table])
		if err != nil {
			return err
		}
		other, err := b.rows(ctx, hand, rowsOf[table])
		if err != nil {
			return err
		}
		if len(one) != len(other) {
			return fmt.Errorf("table %s: %d and %d rows", table, len(one), len(other))
		}
		for i := range one {
			if one[i] != other[i] {
				return fmt.Errorf("table %s: %s and %s", table, one[i], other[i])
			}
		}
	}
	return nil
}

func (b *board) rows(ctx context.Context, database, sql string) ([]string, error) {
	conn, err := pgx.Connect(ctx, b.pg.DSN(database, "postgres"))
	if err != nil {
		return nil, err
	}
	defer conn.Close(ctx)
	rows, err := conn.Query(ctx, sql)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// truth is a product as the shop itself knows it.
type truth struct {
	ID          int64     `json:"id"`
	Type        string    `json:"type"`
	SKU         string    `json:"sku"`
	Name        string    `json:"name"`
	Price       string    `json:"price"`
	ManageStock any       `json:"manage_stock"`
	Stock       *int64    `json:"stock"`
	EAN         string    `json:"ean"`
	Status      string    `json:"status"`
	Virtual     bool      `json:"virtual"`
	Download    bool      `json:"downloadable"`
	Modified    time.Time `json:"modified"`
}

// row is a product as the database has it.
type row struct {
	name, sku, ean, price, status string
	unlimited                     bool
	stock                         int64
	modified                      time.Time
}

const rowsSQL = `
SELECT s.remote_id, p.name, coalesce(p.sku_code, ''), coalesce(p.ean_code, ''), coalesce(round(p.price, 2)::text, ''), p.status, p.unlimited_stock,
       coalesce(p.stock_level, 0), p.updated_at_remote
FROM source s JOIN product p ON p.webshop_id = s.webshop_id AND p.id = s.object_id JOIN record r ON r.webshop_id = s.webshop_id AND r.remote_id = s.record_id`

// true compares the target row by row with the generator; one wrong row voids the run.
func (b *board) true(ctx context.Context, database string, shop *source) error {
	conn, err := pgx.Connect(ctx, b.pg.DSN(database, "postgres"))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	have := make(map[string]row, shop.products)
	rows, err := conn.Query(ctx, rowsSQL)
	if err != nil {
		return err
	}
	var id string
	var r row
	_, err = pgx.ForEachRow(rows, []any{&id, &r.name, &r.sku, &r.ean, &r.price, &r.status, &r.unlimited, &r.stock, &r.modified}, func() error {
		if _, twice := have[id]; twice {
			return fmt.Errorf("product %s is there twice", id)
		}
		r.modified = r.modified.UTC()
		have[id] = r
		return nil
	})
	if err != nil {
		return err
	}
	res, err := http.Get(shop.URL + "/_demo/truth/products")
	if err != nil {
		return err
	}
	defer res.Body.Close()
	lines := bufio.NewScanner(res.Body)
	count := 0
	for ; lines.Scan(); count++ {
		var t truth
		if err := json.Unmarshal(lines.Bytes(), &t); err != nil {
			return err
		}
		if got, want := have[itoa(int(t.ID))], t.row(); got != want {
			return fmt.Errorf("product %d is %+v, should be %+v", t.ID, got, want)
		}
	}
	if count != len(have) || count != shop.products {
		return fmt.Errorf("%d products in the database, %d in the shop", len(have), count)
	}
	return lines.Err()
}

// row is what the database should have.
func (t truth) row() row {
	r := row{name: t.Name, sku: t.SKU, ean: t.EAN, price: t.Price, status: "disabled", modified: t.Modified.UTC()}
	if t.Status == "publish" {
		r.status = "enabled"
	}
	r.unlimited = t.Virtual || t.Download || t.ManageStock != true
	if t.Stock != nil && !r.unlimited {
		r.stock = *t.Stock
	}
	return r
}
