package demoshop

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// listing is a checked list request.
type listing struct {
	page, per int
	offset    int // -1 when not given
	orderby   string
	desc      bool
	statuses  []string
	withTrash bool
	skus      []string
	include   []int64
	exclude   []int64
	types     []string
	ean       string
	search    string
	reference string
	parent    int64
	gmt       bool
	created   bounds
	modified  bounds
	fields    *fieldTree
	repeat    bool // a fault: answer the page before
}

// bounds are exclusive limits on a wall clock reading, in seconds; 0 is none.
type bounds struct{ after, before int64 }

func (b bounds) none() bool { return b == bounds{} }

func (b bounds) hold(wall int64) bool {
	return (b.after == 0 || wall > b.after) && (b.before == 0 || wall < b.before)
}

// filterKey identifies what is selected and in which order, not which page.
func (l *listing) filterKey(kind string) string {
	var b strings.Builder
	b.WriteString(kind)
	for _, part := range []string{
		l.orderby, strconv.FormatBool(l.desc), strings.Join(l.statuses, ","), strconv.FormatBool(l.withTrash), strings.Join(l.skus, "\x00"),
		strings.Join(l.types, ","), l.ean, l.search,
		l.reference, strconv.FormatInt(l.parent, 10), strconv.FormatBool(l.gmt),
		strconv.FormatInt(l.created.after, 10), strconv.FormatInt(l.created.before, 10),
		strconv.FormatInt(l.modified.after, 10), strconv.FormatInt(l.modified.before, 10),
	} {
		b.WriteByte('|')
		b.WriteString(part)
	}
	for _, ids := range [][]int64{l.include, l.exclude} {
		b.WriteByte('|')
		for _, id := range ids {
			b.WriteString(strconv.FormatInt(id, 10))
			b.WriteByte(',')
		}
	}
	return b.String()
}

// window is the range of positions that a page shows out of total.
func (l *listing) window(total int) (int, int) {
	page := l.page
	if l.repeat && page > 1 {
		page--
	}
	from := total
	if page <= pagesOf(total, l.per) {
		from = (page - 1) * l.per
	}
	if l.offset >= 0 {
		from = l.offset
	}
	from = min(from, total)
	return from, min(from+l.per, total)
}

var orderbys = []string{"date", "id", "include", "title", "slug", "modified"}

// parseListing checks the query of a list request as the shop does.
func (s *Shop) parseListing(q url.Values) (*listing, []paramError) {
	l := &listing{page: 1, per: 10, offset: -1, orderby: "date", desc: true}
	var errs []paramError
	number := func(name string, low, high int, into *int) {
		v, ok := first(q, name)
		if !ok {
			return
		}
		n, err := strconv.Atoi(v)
		switch {
		case err != nil:
			errs = append(errs, paramError{name, "rest_invalid_type", name + " is not of type integer."})
		case high > 0 && (n < low || n > high):
			errs = append(errs, paramError{name, "rest_out_of_bounds", name + " must be between " + strconv.Itoa(low) + " (inclusive) and " + strconv.Itoa(high) + " (inclusive)"})
		case n < low:
			errs = append(errs, paramError{name, "rest_out_of_bounds", name + " must be greater than or equal to " + strconv.Itoa(low)})
		default:
			*into = n
		}
	}
	number("page", 1, 0, &l.page)
	number("per_page", 1, s.cfg.MaxPerPage, &l.per)
	number("offset", 0, 0, &l.offset)
	choice := func(name string, allowed []string, set func(string)) {
		v, ok := first(q, name)
		if !ok {
			return
		}
		if !slices.Contains(allowed, v) {
			errs = append(errs, paramError{name, "rest_not_in_enum", name + " is not one of " + inWords(allowed) + "."})
			return
		}
		set(v)
	}
	choice("orderby", orderbys, func(v string) { l.orderby = v })
	choice("order", []string{"asc", "desc"}, func(v string) { l.desc = v == "desc" })
	l.gmt = truth(q, "dates_are_gmt")
	date := func(name string, into *int64) {
		v, ok := first(q, name)
		if !ok {
			return
		}
		wall, ok := s.parseWall(v)
		if !ok {
			errs = append(errs, paramError{name, "rest_invalid_date", "Invalid date."})
			return
		}
		*into = wall
	}
	date("after", &l.created.after)
	date("before", &l.created.before)
	if s.version.atLeast(5, 6) {
		date("modified_after", &l.modified.after)
		date("modified_before", &l.modified.before)
	}
	l.include = ids(q, "include")
	l.exclude = ids(q, "exclude")
	l.statuses = list(q, "status")
	if slices.Contains(l.statuses, "any") {
		l.statuses = nil
	}
	l.withTrash = slices.Contains(list(q, "include_status"), "trash") || slices.Contains(l.statuses, "trash")
	l.skus = list(q, "sku")
	l.types = list(q, "type")
	l.ean, _ = first(q, "global_unique_id")
	l.search, _ = first(q, "search")
	l.reference, _ = first(q, "reference")
	if f := list(q, "_fields"); len(f) > 0 {
		l.fields = parseFields(f)
	}
	return l, errs
}

// parseWall reads a date filter. Without a zone it is a wall clock reading as
// it stands. With one it is moved into the shop's zone first, also where it is
// then compared with the GMT column: that is how WordPress reads it.
func (s *Shop) parseWall(v string) (int64, bool) {
	for _, layout := range []string{"2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04", time.DateOnly} {
		if t, err := time.Parse(layout, v); err == nil {
			return t.Unix(), true
		}
	}
	t, err := time.Parse(time.RFC3339, v)
	if err != nil {
		return 0, false
	}
	return s.zone.wall(t.Unix()), true
}

// column is the reading of an instant that date filters are compared with.
func (s *Shop) column(l *listing, sec int64) int64 {
	if l.gmt {
		return sec
	}
	return s.zone.wall(sec)
}

func first(q url.Values, name string) (string, bool) {
	v := q[name]
	if len(v) == 0 || v[len(v)-1] == "" {
		return "", false
	}
	return v[len(v)-1], true // PHP takes the last of several
}

// list reads a parameter given as a,b or name[]=a or name[0]=a.
func list(q url.Values, name string) []string {
	var all []string
	if v, ok := first(q, name); ok {
		all = append(all, strings.Split(v, ",")...)
	}
	all = append(all, q[name+"[]"]...)
	for k := 0; ; k++ {
		v, ok := q[name+"["+strconv.Itoa(k)+"]"]
		if !ok {
			break
		}
		all = append(all, v...)
	}
	for k := range all {
		all[k] = strings.TrimSpace(all[k])
	}
	return all
}

func ids(q url.Values, name string) []int64 {
	var all []int64
	for _, v := range list(q, name) {
		// What is not a number is read as 0, which is nobody's id.
		n, _ := strconv.ParseInt(v, 10, 64)
		all = append(all, n)
	}
	return all
}

func truth(q url.Values, name string) bool {
	v, _ := first(q, name)
	return v == "1" || strings.EqualFold(v, "true")
}

// inWords joins the allowed values as WordPress does: a, b, and c.
func inWords(v []string) string {
	if len(v) == 2 {
		return v[0] + " and " + v[1]
	}
	return strings.Join(v[:len(v)-1], ", ") + ", and " + v[len(v)-1]
}
