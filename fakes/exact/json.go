package exact

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// show answers rows: a feed, or JSON when the client asks for it. next is the
// link to the next page.
func (s *Site) show(c *call, rows []*row, q *query, next string) answer {
	if !wantsJSON(c.r) {
		return answer{status: http.StatusOK, ctype: "application/atom+xml;type=feed;charset=utf-8", body: c.feed(rows, q, next)}
	}
	b := []byte(`{"d":`)
	plain := q.top > 0
	if !plain {
		b = append(b, `{"results":`...)
	}
	b = append(b, '[')
	for i, r := range rows {
		if i > 0 {
			b = append(b, ',')
		}
		b = c.appendRow(b, c.endpoint, r, q)
	}
	b = append(b, ']')
	if next != "" {
		b = append(b, `,"__next":`...)
		b = appendString(b, next)
	}
	if !plain {
		b = append(b, '}')
	}
	return answer{status: http.StatusOK, ctype: jsonType, body: append(b, '}')}
}

// showOne answers one row.
func (s *Site) showOne(c *call, r *row, q *query, status int) answer {
	if !wantsJSON(c.r) {
		return answer{status: status, ctype: "application/atom+xml;type=entry;charset=utf-8", body: c.entry(r, q)}
	}
	b := c.appendRow([]byte(`{"d":`), c.endpoint, r, q)
	return answer{status: status, ctype: jsonType, body: append(b, '}')}
}

func wantsJSON(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept"), "application/json") || r.URL.Query().Get("$format") == "json"
}

// appendRow writes one row with its selected properties and relations.
func (c *call) appendRow(b []byte, e *endpoint, r *row, q *query) []byte {
	b = append(b, `{"__metadata":{"uri":`...)
	b = appendString(b, c.uri(e, r))
	b = append(b, `,"type":`...)
	b = appendString(b, "Exact.Web.Api.Models."+e.entity.name)
	b = append(b, '}')
	for _, name := range q.columns {
		b = append(b, ',')
		b = appendString(b, name)
		b = append(b, ':')
		b = appendValue(b, valueOf(e, r, name))
	}
	for _, rel := range e.entity.children {
		columns, ok := q.children[rel.name]
		if !ok {
			continue
		}
		b = append(b, ',')
		b = appendString(b, rel.name)
		b = append(b, ':')
		if !slices.Contains(q.expand, rel.name) {
			b = append(b, `{"__deferred":{"uri":`...)
			b = appendString(b, c.uri(e, r)+"/"+rel.name)
			b = append(b, `}}`...)
			continue
		}
		b = c.appendChildren(b, rel, columns, r)
	}
	return append(b, '}')
}

func (c *call) appendChildren(b []byte, rel relation, columns []string, r *row) []byte {
	def := byName[rel.entity]
	child := endpoints[def.service+"/"+def.name]
	if len(columns) == 0 {
		for _, f := range def.fields {
			columns = append(columns, f.name)
		}
	}
	b = append(b, `{"results":[`...)
	for i, line := range r.children[rel.entity] {
		if i > 0 {
			b = append(b, ',')
		}
		b = c.appendRow(b, child, line, &query{endpoint: child, columns: columns})
	}
	return append(b, `]}`...)
}

// uri is a row's own address.
func (c *call) uri(e *endpoint, r *row) string {
	key := valueOf(e, r, e.entity.key[0])
	inner := ""
	switch v := key.(type) {
	case string:
		inner = "guid'" + v + "'"
	case int64:
		inner = strconv.FormatInt(v, 10)
	}
	return c.origin() + "/api/v1/" + strconv.Itoa(c.admin.code) + "/" + e.path + "(" + inner + ")"
}

func appendValue(b []byte, v any) []byte {
	switch v := v.(type) {
	case string:
		return appendString(b, v)
	case bool:
		return strconv.AppendBool(b, v)
	case int64:
		return strconv.AppendInt(b, v, 10)
	case float64:
		return strconv.AppendFloat(b, v, 'f', -1, 64)
	case date:
		b = append(b, `"/Date(`...)
		b = strconv.AppendInt(b, int64(v), 10)
		return append(b, `)/"`...)
	}
	return append(b, "null"...)
}

func appendString(b []byte, s string) []byte {
	quoted, err := json.Marshal(s)
	if err != nil {
		return append(b, `""`...)
	}
	return append(b, quoted...)
}
