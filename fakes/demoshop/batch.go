package demoshop

import (
	"encoding/json"
	"net/http"
	"strconv"
)

// batchProducts answers POST /products/batch: 200 with an error object in the
// place of each item that failed.
func (s *Shop) batchProducts(c *call) answer {
	var in struct {
		Create []json.RawMessage `json:"create"`
		Update []json.RawMessage `json:"update"`
		Delete []int64           `json:"delete"`
	}
	if decodeJSON(c.body, &in) != nil {
		return badJSON()
	}
	if len(in.Create)+len(in.Update)+len(in.Delete) > 100 {
		return wpError(http.StatusRequestEntityTooLarge, "woocommerce_rest_request_entity_too_large", "Unable to accept more than 100 items for this request.")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	b := []byte{'{'}
	section := func(name string, n int, item func(k int) (int64, answer)) {
		if n == 0 {
			return
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = append(b, '"')
		b = append(b, name...)
		b = append(b, `":[`...)
		for k := range n {
			if k > 0 {
				b = append(b, ',')
			}
			id, a := item(k)
			if a.status < http.StatusBadRequest {
				b = append(b, a.body...)
				continue
			}
			b = append(b, `{"id":`...)
			b = strconv.AppendInt(b, id, 10)
			b = append(b, `,"error":`...)
			b = append(b, a.body...)
			b = append(b, '}')
		}
		b = append(b, ']')
	}
	section("create", len(in.Create), func(k int) (int64, answer) {
		var w productWrite
		if decodeJSON(in.Create[k], &w) != nil {
			return 0, badJSON()
		}
		return 0, s.create(w)
	})
	section("update", len(in.Update), func(k int) (int64, answer) {
		var w struct {
			ID int64 `json:"id"`
			productWrite
		}
		if decodeJSON(in.Update[k], &w) != nil {
			return 0, badJSON()
		}
		r, ok := s.product(w.ID)
		if !ok {
			return w.ID, wpError(http.StatusBadRequest, badProductID, "Invalid ID.")
		}
		if a := s.update(r, w.productWrite); a != nil {
			return w.ID, *a
		}
		return w.ID, answer{status: http.StatusOK, body: s.appendProduct(nil, r, true)}
	})
	section("delete", len(in.Delete), func(k int) (int64, answer) {
		r, ok := s.product(in.Delete[k])
		if !ok {
			return in.Delete[k], wpError(http.StatusBadRequest, badProductID, "Invalid ID.")
		}
		body := s.appendProduct(nil, r, true)
		s.remove(r, true)
		return in.Delete[k], answer{status: http.StatusOK, body: body}
	})
	return answer{status: http.StatusOK, body: append(b, '}'), effect: "products.batch"}
}
