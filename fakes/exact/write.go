package exact

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// write answers POST, PUT and DELETE; the lock is held.
func (s *Site) write(c *call) answer {
	e := c.endpoint.entity
	switch {
	case c.r.Method == http.MethodPost && c.key == "":
		return s.post(c, e)
	case c.r.Method == http.MethodPut && c.key != "" && e != subscriptions:
		return s.put(c, e)
	case c.r.Method == http.MethodDelete && c.key != "":
		return s.remove(c, e)
	}
	return failure(http.StatusMethodNotAllowed, "The method is not allowed on this resource.")
}

func (s *Site) post(c *call, e *entity) answer {
	v, lines, bad := readBody(c.body, e)
	if bad != nil {
		return *bad
	}
	for _, name := range e.mandatory {
		if v[name] == nil && lines[name] == nil {
			return *refuse("%s: mandatory", name)
		}
	}
	names := make([]string, 0, len(v))
	for name := range v {
		names = append(names, name)
	}
	if bad := c.admin.complete(e, v, lines); bad != nil {
		return *bad
	}
	if e == subscriptions {
		if bad := c.admin.subscribe(c, v); bad != nil {
			return *bad
		}
	}
	r := c.admin.insert(e, v)
	for name, all := range lines {
		rel, _ := e.relation(name)
		def := byName[rel.entity]
		for _, line := range all {
			line[def.by] = r.text(e, e.key[0])
			c.admin.insert(def, line)
		}
	}
	if e == purchaseOrders {
		c.admin.pushed = append(c.admin.pushed, pushedOrder{r.text(e, "YourRef"), r.text(e, "PurchaseOrderID")})
	}
	if e == purchaseOrderLines {
		c.admin.sum(r.parent)
	}
	q := &query{endpoint: c.endpoint, children: map[string][]string{}, columns: append([]string{e.key[0]}, names...)}
	if strings.Contains(c.r.Header.Get("Prefer"), "return=representation") {
		q.columns = nil
		for _, f := range e.fields {
			q.columns = append(q.columns, f.name)
		}
	}
	for _, rel := range e.children {
		q.children[rel.name] = []string{}
	}
	a := s.showOne(c, r, q, http.StatusCreated)
	a.effect = "create " + e.name
	a.set("Location", c.uri(c.endpoint, r))
	return a
}

func (s *Site) put(c *call, e *entity) answer {
	r := c.admin.find(e, c.key)
	if r == nil {
		return failure(http.StatusNotFound, "Resource not found for the segment '"+e.name+"'.")
	}
	v, lines, bad := readBody(c.body, e)
	if bad != nil {
		return *bad
	}
	for name := range lines {
		return *refuse("%s: cannot be changed with its header", name)
	}
	if bad := c.admin.amend(e, r, v); bad != nil {
		return *bad
	}
	c.admin.change(e, r, v)
	if e == purchaseOrderLines {
		c.admin.sum(r.parent)
	}
	return answer{status: http.StatusNoContent, effect: "update " + e.name}
}

func (s *Site) remove(c *call, e *entity) answer {
	r := c.admin.find(e, c.key)
	if r == nil {
		return failure(http.StatusNotFound, "Resource not found for the segment '"+e.name+"'.")
	}
	if bad := c.admin.mayRemove(e, r); bad != nil {
		return *bad
	}
	c.admin.drop(e, r)
	return answer{status: http.StatusNoContent, effect: "delete " + e.name}
}

// drop deletes a row; a purchase order goes with its last line.
func (a *administration) drop(e *entity, r *row) {
	order := r.parent
	a.delete(e, r)
	if e != purchaseOrderLines || order == nil {
		return
	}
	if len(order.children[e.name]) == 0 {
		a.delete(purchaseOrders, order)
		return
	}
	a.sum(order)
}

// readBody reads properties and lines; numbers, dates and flags by their kind.
func readBody(body []byte, e *entity) (values, map[string][]values, *answer) {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(body, &raw); err != nil {
		return nil, nil, refuse("The body cannot be read: %s", err)
	}
	v, lines := values{}, map[string][]values{}
	for name, text := range raw {
		if rel, ok := e.relation(name); ok {
			var all []json.RawMessage
			if err := json.Unmarshal(text, &all); err != nil {
				return nil, nil, refuse("%s: a list is expected", name)
			}
			for _, one := range all {
				line, _, bad := readBody(one, byName[rel.entity])
				if bad != nil {
					return nil, nil, bad
				}
				lines[name] = append(lines[name], line)
			}
			continue
		}
		i, ok := e.index[name]
		if !ok {
			return nil, nil, refuse("The property '%s' does not exist on type 'Exact.Web.Api.Models.%s'.", name, e.name)
		}
		value, err := readValue(text, e.fields[i].kind)
		if err != nil {
			return nil, nil, refuse("%s: %s", name, err)
		}
		if value != nil {
			v[name] = value
		}
	}
	return v, lines, nil
}

func readValue(raw json.RawMessage, k kind) (any, error) {
	if string(raw) == "null" {
		return nil, nil
	}
	switch k {
	case boolean:
		var b bool
		err := json.Unmarshal(raw, &b)
		return b, err
	case integer:
		var n int64
		err := json.Unmarshal(raw, &n)
		return n, err
	case decimal:
		var n float64
		err := json.Unmarshal(raw, &n)
		return n, err
	}
	var s string
	if err := json.Unmarshal(raw, &s); err != nil {
		return nil, err
	}
	switch k {
	case guid:
		if len(s) != 36 {
			return nil, fmt.Errorf("%q is no GUID", s)
		}
		return strings.ToLower(s), nil
	case datetime:
		for _, layout := range []string{"2006-01-02", "2006-01-02T15:04:05", time.RFC3339Nano} {
			if t, err := time.Parse(layout, s); err == nil {
				return date(t.UnixMilli()), nil
			}
		}
		return nil, fmt.Errorf("%q is no date", s)
	}
	return s, nil
}
