package exact

import (
	"net/http"
	"net/url"
	"sort"
	"strconv"
	"strings"
)

// list answers a collection read; the lock is held.
func (s *Site) list(c *call) answer {
	q, bad := parseQuery(c.endpoint, c.query)
	if bad != nil {
		return *bad
	}
	size := s.cfg.Page
	if c.endpoint.style != ordinary {
		size = s.cfg.BulkPage
	}
	if q.top > 0 {
		size = min(size, q.top)
	}
	var page []*row
	var next string
	if c.endpoint.style == synced {
		page, next, bad = s.syncPage(c, q, size)
	} else {
		page, next, bad = s.keyPage(c, q, size)
	}
	if bad != nil {
		return *bad
	}
	kind := c.fault.Kind()
	if q.top > 0 || kind == CutScan || kind == EmptyScan {
		next = ""
	}
	page = thin(kind, page)
	if next != "" {
		next = c.nextLink(next)
	}
	return s.show(c, page, q, next)
}

// syncPage is the page of the rows with a higher Timestamp, ascending.
func (s *Site) syncPage(c *call, q *query, size int) ([]*row, string, *answer) {
	from := q.since
	if q.after != "" {
		n, err := strconv.ParseInt(strings.TrimSuffix(q.after, "L"), 10, 64)
		if err != nil {
			return nil, "", refuse("Invalid $skiptoken.")
		}
		from = max(from, n)
	}
	var page []*row
	more := false
	c.admin.table(c.endpoint.entity).since(from, func(r *row) bool {
		more = len(page) == size
		if !more {
			page = append(page, r)
		}
		return !more
	})
	if !more {
		return page, "", nil
	}
	return page, strconv.FormatInt(page[len(page)-1].timestamp, 10) + "L", nil
}

// keyPage is a page of the rows that the filter takes, in the order of keys.
func (s *Site) keyPage(c *call, q *query, size int) ([]*row, string, *answer) {
	t := c.admin.table(c.endpoint.entity)
	rows := t.byKey()
	if q.after != "" {
		last, ok := unpackToken(q.after)
		if !ok {
			return nil, "", refuse("Invalid $skiptoken.")
		}
		rows = rows[sort.Search(len(rows), func(i int) bool { return t.key(rows[i]) > last }):]
	}
	var page []*row
	for _, r := range rows {
		if q.filter != nil && !q.filter(func(name string) any { return valueOf(c.endpoint, r, name) }) {
			continue
		}
		if len(page) == size {
			return page, packToken(t.key(page[size-1])), nil
		}
		page = append(page, r)
	}
	return page, "", nil
}

// packToken writes a key as a skip token: guid'…', more keys behind commas.
func packToken(key string) string {
	parts := strings.Split(key, "|")
	for i, p := range parts {
		parts[i] = "guid'" + p + "'"
	}
	return strings.Join(parts, ",")
}

func unpackToken(token string) (string, bool) {
	parts := strings.Split(token, ",")
	for i, p := range parts {
		inner, ok := strings.CutPrefix(p, "guid'")
		if !ok || !strings.HasSuffix(inner, "'") {
			return "", false
		}
		parts[i] = strings.TrimSuffix(inner, "'")
	}
	return strings.Join(parts, "|"), true
}

// nextLink is the address of the next page: the query as it came, with the
// token behind it.
func (c *call) nextLink(token string) string {
	var kept []string
	for pair := range strings.SplitSeq(c.r.URL.RawQuery, "&") {
		name, value, _ := strings.Cut(pair, "=")
		plain, err := url.QueryUnescape(name)
		if pair == "" || err == nil && plain == "$skiptoken" {
			continue
		}
		if err == nil {
			name = plain
		}
		kept = append(kept, name+"="+strings.ReplaceAll(value, "+", "%20"))
	}
	kept = append(kept, "$skiptoken="+url.PathEscape(token))
	return c.origin() + c.r.URL.EscapedPath() + "?" + strings.Join(kept, "&")
}

// origin is the address the client used.
func (c *call) origin() string {
	scheme := "http"
	if c.r.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + c.r.Host
}

// valueOf is a property as an endpoint shows it: the row's own, else its
// parent's where rows are flat.
func valueOf(e *endpoint, r *row, name string) any {
	if name == "Timestamp" && e.style == synced {
		return r.timestamp
	}
	if i, ok := e.entity.index[name]; ok {
		return r.values[i]
	}
	if e.flat != nil && r.parent != nil {
		return r.parent.get(e.flat, name)
	}
	return nil
}

// single answers Entity(guid'…').
func (s *Site) single(c *call) answer {
	query := c.query
	if query.Get("$select") == "" {
		query.Set("$select", "*")
	}
	if query.Get("$filter") != "" {
		return *refuse("$filter cannot be used with a key.")
	}
	query.Set("$top", "1") // a key needs no filter; the parameter itself has no effect here
	q, bad := parseQuery(c.endpoint, query)
	if bad != nil {
		return *bad
	}
	r := c.admin.find(c.endpoint.entity, c.key)
	if r == nil {
		return failure(http.StatusNotFound, "Resource not found for the segment '"+c.endpoint.entity.name+"'.")
	}
	return s.showOne(c, r, q, http.StatusOK)
}
