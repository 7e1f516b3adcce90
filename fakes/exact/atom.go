package exact

import (
	"encoding/xml"
	"strconv"
	"strings"
	"time"
)

const atomHead = `<?xml version="1.0" encoding="utf-8"?>`

const atomSpaces = ` xmlns:d="http://schemas.microsoft.com/ado/2007/08/dataservices" xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata" xmlns="http://www.w3.org/2005/Atom"`

// feed is a collection in Atom, which is what a client gets that does not ask
// for JSON.
func (c *call) feed(rows []*row, q *query, next string) []byte {
	var b strings.Builder
	b.WriteString(atomHead + `<feed` + atomSpaces + `><title type="text">` + c.endpoint.entity.name + `</title>`)
	for _, r := range rows {
		b.WriteString(`<entry>`)
		c.content(&b, r, q)
		b.WriteString(`</entry>`)
	}
	if next != "" {
		b.WriteString(`<link rel="next" href="` + escape(next) + `" />`)
	}
	b.WriteString(`</feed>`)
	return []byte(b.String())
}

// entry is one row in Atom.
func (c *call) entry(r *row, q *query) []byte {
	var b strings.Builder
	b.WriteString(atomHead + `<entry` + atomSpaces + `>`)
	c.content(&b, r, q)
	b.WriteString(`</entry>`)
	return []byte(b.String())
}

func (c *call) content(b *strings.Builder, r *row, q *query) {
	b.WriteString(`<id>` + escape(c.uri(c.endpoint, r)) + `</id><content type="application/xml"><m:properties>`)
	for _, name := range q.columns {
		k, _ := c.endpoint.shows(name)
		b.WriteString(`<d:` + name)
		if k != text {
			b.WriteString(` m:type="` + edm[k] + `"`)
		}
		v := valueOf(c.endpoint, r, name)
		if v == nil {
			b.WriteString(` m:null="true" />`)
			continue
		}
		b.WriteString(`>` + escape(plain(v)) + `</d:` + name + `>`)
	}
	b.WriteString(`</m:properties></content>`)
}

// plain is a value as Atom writes it.
func plain(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case date:
		return time.UnixMilli(int64(v)).UTC().Format("2006-01-02T15:04:05")
	}
	return ""
}

func escape(s string) string {
	var b strings.Builder
	if xml.EscapeText(&b, []byte(s)) != nil {
		return ""
	}
	return b.String()
}
