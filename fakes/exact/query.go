package exact

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// query is what a request asks of an endpoint.
type query struct {
	endpoint *endpoint
	columns  []string            // properties in the order of the entity
	children map[string][]string // selected relations, with their columns
	expand   []string
	filter   filter
	after    string // key or timestamp behind which the page begins
	top      int    // 0: whole pages
	since    int64  // Timestamp gt, of a sync endpoint
}

// known are the parameters of a read.
var known = []string{"$select", "$filter", "$expand", "$top", "$skiptoken", "$orderby", "$inlinecount", "$format"}

// parseQuery reads the parameters; the answer says what is wrong with them.
func parseQuery(e *endpoint, q url.Values) (*query, *answer) {
	for name := range q {
		if !slices.Contains(known, name) {
			return nil, refuse("The query parameter '%s' is not supported.", name)
		}
	}
	out := &query{endpoint: e, children: map[string][]string{}, after: q.Get("$skiptoken")}
	if v := q.Get("$top"); v != "" {
		n, err := strconv.Atoi(v)
		if err != nil || n < 1 {
			return nil, refuse("Invalid value for '$top': '%s'.", v)
		}
		out.top = n
	}
	if q.Get("$select") == "" && out.top != 1 {
		return nil, refuse("Please add a $select or a $top=1 statement to the query string.")
	}
	if bad := out.selects(q.Get("$select")); bad != nil {
		return nil, bad
	}
	if bad := out.expands(q.Get("$expand")); bad != nil {
		return nil, bad
	}
	return out, out.filters(q.Get("$filter"))
}

func (q *query) selects(list string) *answer {
	e := q.endpoint
	wanted := map[string]bool{}
	for name := range strings.SplitSeq(list, ",") {
		name = strings.TrimSpace(name)
		child, column, nested := strings.Cut(name, "/")
		switch rel, isChild := e.entity.relation(child); {
		case name == "" && list == "" || name == "*":
			for _, f := range e.entity.fields {
				wanted[f.name] = true
			}
		case isChild && e.style != synced:
			if !nested || column == "*" {
				q.children[rel.name] = []string{}
				break
			}
			if _, ok := byName[rel.entity].index[column]; !ok {
				return refuse("No property '%s' exists in type 'Exact.Web.Api.Models.%s' at position 0.", column, rel.entity)
			}
			if has, ok := q.children[rel.name]; !ok || len(has) > 0 {
				q.children[rel.name] = append(has, column)
			}
		default:
			if _, ok := e.shows(name); !ok {
				return refuse("No property '%s' exists in type 'Exact.Web.Api.Models.%s' at position 0.", name, e.entity.name)
			}
			wanted[name] = true
		}
	}
	if e.style == synced && wanted["Timestamp"] {
		q.columns = append(q.columns, "Timestamp")
	}
	for _, def := range []*entity{e.entity, e.flat} {
		if def == nil {
			continue
		}
		for _, f := range def.fields {
			if _, ok := e.shows(f.name); ok && wanted[f.name] && !slices.Contains(q.columns, f.name) {
				q.columns = append(q.columns, f.name)
			}
		}
	}
	return nil
}

func (q *query) expands(list string) *answer {
	if list == "" {
		return nil
	}
	for name := range strings.SplitSeq(list, ",") {
		name = strings.TrimSpace(name)
		if _, ok := q.endpoint.entity.relation(name); !ok || q.endpoint.style == synced {
			return refuse("No property '%s' exists in type 'Exact.Web.Api.Models.%s' at position 0.", name, q.endpoint.entity.name)
		}
		q.expand = append(q.expand, name)
	}
	return nil
}

var timestampOnly = regexp.MustCompile(`^Timestamp gt (\d+)L?$`)

func (q *query) filters(s string) *answer {
	e := q.endpoint
	if e.style == synced {
		m := timestampOnly.FindStringSubmatch(strings.TrimSpace(s))
		if m == nil {
			return refuse("Filter on sync endpoints is limited to 'Timestamp gt [value]L'.")
		}
		n, err := strconv.ParseInt(m[1], 10, 64)
		if err != nil {
			return refuse("Type mismatch at '%s'.", m[1])
		}
		q.since = n
		return nil
	}
	if s == "" {
		if e.twin && q.top != 1 {
			return refuse("Please add a $filter to the query string, or use the sync endpoint.")
		}
		return nil
	}
	f, err := parseFilter(s, e.shows)
	if err != nil {
		return refuse("%s", upperFirst(err.Error())+".")
	}
	q.filter = f
	return nil
}

func upperFirst(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// refuse is a 400 in Exact's form.
func refuse(format string, args ...any) *answer {
	a := failure(http.StatusBadRequest, fmt.Sprintf(format, args...))
	return &a
}

var byName = func() map[string]*entity {
	m := map[string]*entity{}
	for _, e := range entities {
		m[e.name] = e
	}
	return m
}()
