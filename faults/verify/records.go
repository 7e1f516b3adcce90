package verify

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
)

// body is what a stored record must agree on with the shop.
type body struct {
	ID       int64    `json:"id"`
	Name     string   `json:"name"`
	Price    string   `json:"price"`
	Stock    *float64 `json:"stock_quantity"`
	Modified string   `json:"date_modified_gmt"`
}

const recordsSQL = `
SELECT st.name, r.remote_id, r.parent_id, r.gone_at IS NOT NULL, r.codec, r.raw FROM stream st
JOIN record r ON r.webshop_id = st.webshop_id AND r.stream_id = st.id
WHERE st.webshop_id = $1 AND st.coupling_id = $2 AND st.name IN ('products', 'variations')`

// records compares every stored body with the shop.
func (j *judge) records(ctx context.Context, c coupling) error {
	rows, err := j.db.Query(ctx, recordsSQL, c.webshop, c.id)
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	var stream, remote string
	var parent *string
	var gone bool
	var codec int16
	var raw []byte
	_, err = pgx.ForEachRow(rows, []any{&stream, &remote, &parent, &gone, &codec, &raw}, func() error {
		j.Compared++
		want := j.truth.items[remote]
		switch {
		case want == nil && gone:
			return nil
		case want == nil || want.stream() != stream:
			j.Stray++
			j.example("coupling %s: record %s of %s is not in the shop", c.name, remote, stream)
			return nil
		case seen[remote]:
			j.Duplicated++
			j.example("coupling %s: record %s is there twice", c.name, remote)
			return nil
		}
		seen[remote] = true
		wrong := "it is gone"
		if !gone {
			unpacked, err := j.Unpack(codec, raw)
			if err != nil {
				return fmt.Errorf("unpack record %s: %w", remote, err)
			}
			wrong = want.contradicts(unpacked, parent)
		}
		if wrong != "" {
			j.Lost++
			j.example("coupling %s: record %s: %s", c.name, remote, wrong)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("compare records: %w", err)
	}
	for id := range j.truth.items {
		if !seen[id] {
			j.Lost++
			j.example("coupling %s: record %s is missing", c.name, id)
		}
	}
	return nil
}

// contradicts names the first thing in which a body is not as the shop has it.
func (i *item) contradicts(raw []byte, parent *string) string {
	var b body
	if err := json.Unmarshal(raw, &b); err != nil {
		return "it is no JSON: " + err.Error()
	}
	wantParent := ""
	if i.Type == "variation" {
		wantParent = strconv.FormatInt(i.ParentID, 10)
	}
	switch {
	case b.ID != i.ID:
		return fmt.Sprintf("it is of id %d", b.ID)
	case orEmpty(parent) != wantParent:
		return fmt.Sprintf("its parent is %q, in the shop %q", orEmpty(parent), wantParent)
	case i.Type != "variation" && b.Name != i.Name:
		return fmt.Sprintf("name %q, the shop %q", b.Name, i.Name)
	case b.Price != i.Price:
		return fmt.Sprintf("price %q, the shop %q", b.Price, i.Price)
	case i.Stock != nil && (b.Stock == nil || *b.Stock != float64(*i.Stock)):
		return fmt.Sprintf("its stock is not the shop's %d", *i.Stock)
	case b.Modified != strings.TrimSuffix(i.Modified, "Z"):
		return fmt.Sprintf("it is of %s, in the shop of %s", b.Modified, i.Modified)
	}
	return ""
}
