package picqer

import (
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

type hook struct {
	ID      int64  `json:"idhook"`
	Name    string `json:"name"`
	Event   string `json:"event"`
	Address string `json:"address"`
	Active  bool   `json:"active"`
	Secret  bool   `json:"secret"`

	secret string
	failed int // deliveries in a row
}

// hookEvents are the events that a hook can be made for.
var hookEvents = []string{
	"products.created", "products.changed", "products.stock_changed", "products.free_stock_changed", "products.assembled_stock_changed",
	"products.stock_on_location_changed", "products.parts.changed",
	"orders.created", "orders.allocated", "orders.closed", "orders.paused", "orders.resumed", "orders.status_changed", "orders.completed", "orders.notes.created",
	"purchase_orders.created", "purchase_orders.changed", "purchase_orders.purchased",
	"receipts.created", "receipts.completed", "receipts.product_received", "receipts.product_reverted",
	"picklists.created", "picklists.closed", "returns.created", "movements.moved", "comments.created", "location_stock_counts.completed",
}

func (a *Account) listHooks(c *call) answer {
	return list(c, &a.hooks, func(*hook) bool { return true }, func(h *hook) any { return h })
}

func (a *Account) getHook(c *call) answer {
	h := a.hooks.find(c.id("id"))
	if h == nil {
		return notFound("Hook")
	}
	return ok(h)
}

// createHook makes a hook for one event. This fake calls loopback addresses only.
func (a *Account) createHook(c *call) answer {
	var in struct {
		Name    string `json:"name"`
		Event   string `json:"event"`
		Address string `json:"address"`
		Secret  string `json:"secret"`
	}
	if no := c.read(&in); no != nil {
		return *no
	}
	switch {
	case in.Name == "":
		return invalid("name is required")
	case !slices.Contains(hookEvents, in.Event):
		return invalid("event is not one of " + strings.Join(hookEvents, ", "))
	case !callable(in.Address):
		return invalid("address is not an http or https address, or not of this machine")
	}
	h := a.hooks.add(func(id int64) *hook {
		return &hook{ID: id, Name: in.Name, Event: in.Event, Address: in.Address, Active: true, Secret: in.Secret != "", secret: in.Secret}
	})
	return done(http.StatusCreated, "hook.created", h)
}

func callable(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}

func (a *Account) deleteHook(c *call) answer {
	if !a.hooks.remove(c.id("id")) {
		return notFound("Hook")
	}
	return answer{status: http.StatusNoContent, effect: "hook.deleted"}
}

// Hook is the address and secret of a hook; empty when there is none of the id.
func (a *Account) Hook(id int64) (address, secret string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if h := a.hooks.find(id); h != nil {
		return h.Address, h.secret
	}
	return "", ""
}

// SwitchOff makes a hook inactive, as Picqer does with one that fails too often.
func (a *Account) SwitchOff(id int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if h := a.hooks.find(id); h != nil {
		h.Active = false
	}
}

// ForgetHook removes a hook, as a person in Picqer can.
func (a *Account) ForgetHook(id int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.hooks.remove(id)
}
