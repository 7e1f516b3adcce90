package demoshop

import (
	"net/http"
	"slices"
	"strconv"
)

const badOrderID = "woocommerce_rest_shop_order_invalid_id"

func (s *Shop) orderRow(j int) row {
	o := s.order(j)
	return row{id: s.orders.id(j), created: o.created, modified: o.modified, status: o.status,
		name: func() string { return strconv.FormatInt(s.orders.id(j), 10) }}
}

func (s *Shop) listOrders(c *call) answer {
	return s.page(c, orderLinkParams, func(l *listing) (int, []ref) {
		return s.selectIndexed(l, "orders", s.orders.issued, &s.orders.hidden, s.orderRow, nil)
	}, func(b []byte, r ref) []byte { return s.appendOrder(b, int(r.i)) })
}

// orderLinkParams are the parameters that the shop adds to the links of orders.
func orderLinkParams(l *listing) []string {
	statuses := l.statuses
	if len(statuses) == 0 {
		statuses = []string{"any"}
	}
	var more []string
	for k, v := range statuses {
		more = append(more, "status%5B"+strconv.Itoa(k)+"%5D="+v)
	}
	return append(more, "dp=2", "context=view")
}

func (s *Shop) getOrder(c *call) answer {
	s.mu.RLock()
	defer s.mu.RUnlock()
	j, ok := s.orders.find(c.id)
	if !ok {
		return invalidID(badOrderID)
	}
	return s.one(c, s.appendOrder(nil, j))
}

// orderStatusNames are the states an order can be set to; picked is one that
// this shop added itself.
var orderStatusNames = []string{"auto-draft", "pending", "processing", "on-hold", "completed", "cancelled", "refunded", "failed", "checkout-draft", "picked"}

func (s *Shop) updateOrder(c *call) answer {
	var in struct {
		Status *string `json:"status"`
	}
	if decodeJSON(c.body, &in) != nil {
		return badJSON()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	j, ok := s.orders.find(c.id)
	if !ok {
		return wpError(http.StatusBadRequest, badOrderID, "Invalid ID.")
	}
	to := s.order(j).status
	if in.Status != nil {
		if to = *in.Status; !slices.Contains(orderStatusNames, to) {
			return invalidParams([]paramError{{"status", "rest_not_in_enum", "status is not one of " + inWords(orderStatusNames) + "."}})
		}
	}
	s.setOrder(j, to)
	return answer{status: http.StatusOK, body: s.appendOrder(nil, j), effect: "order.updated"}
}

// setOrder moves an order to a status; the lock is held.
func (s *Shop) setOrder(j int, to string) {
	o := s.order(j)
	o.status, o.modified = to, s.now()
	if to != "completed" && to != "refunded" {
		o.complete = 0
	}
	s.orders.changed[uint32(j)] = o.settle(o.modified)
	s.revision++
	s.record(entry{Op: opOrder, ID: s.orders.id(j), At: o.modified, Status: to})
}

// placeOrder adds a new order of the present moment; the lock is held.
func (s *Shop) placeOrder() int64 {
	j, now := s.orders.issued, s.now()
	s.orders.issued++
	s.orders.changed[uint32(j)] = orderChange{status: "processing", created: now, modified: now}.settle(now)
	s.revision++
	s.record(entry{Op: opPlace, ID: s.orders.id(j), At: now})
	return s.orders.id(j)
}

// deleteOrder trashes an order, or with force removes it for good.
func (s *Shop) deleteOrder(c *call) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	j, ok := s.orders.find(c.id)
	if !ok {
		return invalidID(badOrderID)
	}
	body := s.appendOrder(nil, j)
	to := "trash"
	if truth(c.query, "force") {
		to = "gone"
	}
	s.setOrder(j, to)
	s.orders.hidden.add(j)
	if to == "trash" {
		return answer{status: http.StatusOK, body: s.appendOrder(nil, j), effect: "order.trashed"}
	}
	return answer{status: http.StatusOK, body: body, effect: "order.deleted"}
}
