package verify

import (
	"context"
	"fmt"
	"math/big"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
)

// product is a row of ours, and what a source says of it, as text.
type product struct {
	name, sku, article, ean, price *string
	unlimited                      *bool
	stock                          *int64
	status                         *string
	modified                       *time.Time
}

const productsSQL = `
SELECT s.remote_id, s.object_id, s.gone_at IS NOT NULL, s.record_id, p.id,
       p.name, p.sku_code, p.article_code, p.ean_code, p.price::text, p.unlimited_stock, p.stock_level, p.status, p.updated_at_remote,
       s.mapped->>'name', s.mapped->>'sku_code', s.mapped->>'article_code', s.mapped->>'ean_code', s.mapped->>'price',
       (s.mapped->>'unlimited_stock')::boolean, (s.mapped->>'stock_level')::bigint, s.mapped->>'status', (s.mapped->>'updated_at_remote')::timestamptz
FROM source s LEFT JOIN product p ON p.webshop_id = s.webshop_id AND p.id = s.object_id
WHERE s.webshop_id = $1 AND s.coupling_id = $2 AND s.object = 'products'`

// products compares every product that can be bought with the coupling's
// source and with the object behind it.
func (j *judge) products(ctx context.Context, c coupling) error {
	rows, err := j.db.Query(ctx, productsSQL, c.webshop, c.id)
	if err != nil {
		return err
	}
	seen, objects := map[string]bool{}, map[int64]string{}
	var remote, record string
	var object int64
	var gone bool
	var row *int64
	var p, s product
	_, err = pgx.ForEachRow(rows, []any{
		&remote, &object, &gone, &record, &row,
		&p.name, &p.sku, &p.article, &p.ean, &p.price, &p.unlimited, &p.stock, &p.status, &p.modified,
		&s.name, &s.sku, &s.article, &s.ean, &s.price, &s.unlimited, &s.stock, &s.status, &s.modified,
	}, func() error {
		j.Compared++
		want := j.truth.items[remote]
		switch {
		case gone && (want == nil || !want.sold()):
			return nil
		case want == nil || !want.sold():
			j.Stray++
			j.example("coupling %s: product %s is not in the shop", c.name, remote)
			return nil
		case seen[remote]:
			j.Duplicated++
			j.example("coupling %s: product %s has two sources", c.name, remote)
			return nil
		case objects[object] != "":
			j.Duplicated++
			j.example("coupling %s: products %s and %s are one object", c.name, remote, objects[object])
		}
		seen[remote], objects[object] = true, remote
		wrong := want.differs(s)
		switch {
		case row == nil:
			wrong = "there is no object"
		case gone:
			wrong = "the source is gone"
		case record != remote:
			wrong = "the source names record " + record
		case wrong != "":
			wrong = "the source says " + wrong
		default:
			if wrong = want.differs(p); wrong != "" {
				wrong = "the object says " + wrong
			}
		}
		if wrong != "" {
			j.Lost++
			j.example("coupling %s: product %s: %s", c.name, remote, wrong)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("compare products: %w", err)
	}
	for id, want := range j.truth.items {
		if want.sold() && !seen[id] {
			j.Lost++
			j.example("coupling %s: product %s is missing", c.name, id)
		}
	}
	return nil
}

// differs names the first thing in which p is not as the shop has it; "" when
// all is the same.
func (i *item) differs(p product) string {
	name, article, sku, status := i.Name, strconv.FormatInt(i.ID, 10), i.SKU, "enabled"
	if i.Type == "variation" {
		name, article = i.ParentName+" "+i.Name, strconv.FormatInt(i.ParentID, 10)
		if i.InheritedSKU {
			sku = ""
		}
		if i.ParentStatus != "publish" {
			status = "disabled"
		}
	}
	if i.Status != "publish" {
		status = "disabled"
	}
	byParent := i.Type == "variation" && i.ManageStock == "parent"
	unlimited := i.Virtual || i.Downloadable || i.ManageStock != true && !byParent
	stock := i.Stock
	if unlimited || stock == nil && (i.Type != "variation" || i.ManageStock == true) {
		stock = new(int64)
	}
	for _, text := range []struct {
		field string
		got   *string
		want  string
	}{{"name", p.name, name}, {"sku_code", p.sku, sku}, {"article_code", p.article, article}, {"ean_code", p.ean, i.EAN}, {"status", p.status, status}} {
		if got := orEmpty(text.got); got != text.want {
			return fmt.Sprintf("%s %q, the shop %q", text.field, got, text.want)
		}
	}
	switch {
	case !sameAmount(orEmpty(p.price), i.Price):
		return fmt.Sprintf("price %q, the shop %q", orEmpty(p.price), i.Price)
	case p.unlimited == nil || *p.unlimited != unlimited:
		return fmt.Sprintf("unlimited_stock is not %t", unlimited)
	case (p.stock == nil) != (stock == nil) || p.stock != nil && *p.stock != *stock:
		return fmt.Sprintf("stock_level %s, the shop %s", number(p.stock), number(stock))
	case p.modified == nil || p.modified.UTC().Format(time.RFC3339) != i.Modified:
		return fmt.Sprintf("updated_at_remote %v, the shop %s", p.modified, i.Modified)
	}
	return ""
}

func sameAmount(a, b string) bool {
	if a == "" || b == "" {
		return a == b
	}
	x, ok := new(big.Rat).SetString(a)
	y, also := new(big.Rat).SetString(b)
	return ok && also && x.Cmp(y) == 0
}

func orEmpty(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func number(n *int64) string {
	if n == nil {
		return "unknown"
	}
	return strconv.FormatInt(*n, 10)
}

// orphans counts objects that no source stands behind: each is the double of
// one that has a source.
func (j *judge) orphans(ctx context.Context) error {
	for _, kind := range []struct{ table, object string }{{"product", "products"}, {"supplier", "suppliers"}} {
		var n int64
		err := j.db.QueryRow(ctx, `
SELECT count(*) FROM `+kind.table+` o WHERE NOT EXISTS (
    SELECT FROM source s WHERE s.webshop_id = o.webshop_id AND s.object_id = o.id AND s.object = $1)`, kind.object).Scan(&n)
		if err != nil {
			return fmt.Errorf("look for %s without a source: %w", kind.object, err)
		}
		if n > 0 {
			j.Duplicated += n
			j.example("%d %s have no source", n, kind.object)
		}
	}
	return nil
}

// suppliers compares every supplier by its name.
func (j *judge) suppliers(ctx context.Context, c coupling) error {
	rows, err := j.db.Query(ctx, `
SELECT s.remote_id, p.name FROM source s LEFT JOIN supplier p ON p.webshop_id = s.webshop_id AND p.id = s.object_id
WHERE s.webshop_id = $1 AND s.coupling_id = $2 AND s.object = 'suppliers' AND s.gone_at IS NULL`, c.webshop, c.id)
	if err != nil {
		return err
	}
	have := map[string]string{}
	var remote string
	var name *string
	if _, err := pgx.ForEachRow(rows, []any{&remote, &name}, func() error {
		j.Compared++
		have[remote] = orEmpty(name)
		return nil
	}); err != nil {
		return fmt.Errorf("compare suppliers: %w", err)
	}
	for id, want := range j.truth.suppliers {
		if have[id] != want.Name {
			j.Lost++
			j.example("coupling %s: supplier %s is %q, in the shop %q", c.name, id, have[id], want.Name)
		}
		delete(have, id)
	}
	j.Stray += int64(len(have))
	return nil
}
