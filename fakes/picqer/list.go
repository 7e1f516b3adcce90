package picqer

import (
	"net/http"
	"strconv"
	"time"
)

// PageSize is the number of rows of a full page; it cannot be changed.
const PageSize = 100

// list answers one page of a table: a bare array, without a total or a link.
func list[R any](c *call, t *table[R], keep func(*R) bool, render func(*R) any) answer {
	offset := 0
	if text := c.query.Get("offset"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 {
			return invalid("offset must be a number")
		}
		offset = n
	}
	var rows []entry[R]
	for _, e := range t.rows {
		if keep(e.row) {
			rows = append(rows, e)
		}
	}
	if c.fault != nil {
		rows = spoilt(rows, c.fault)
	}
	page := rows[min(offset, len(rows)):min(offset+PageSize, len(rows))]
	bodies := make([]any, len(page))
	for k, e := range page {
		bodies[k] = render(e.row)
	}
	out := answer{status: http.StatusOK, body: encode(bodies)}
	if c.fault != nil && c.fault.Kind == RowDeleted && len(page) > 0 {
		t.remove(page[len(page)/2].id)
		out.effect = "row deleted after it was listed"
	}
	return out
}

// spoilt is what a fault leaves of a list.
func spoilt[R any](rows []entry[R], f *Fault) []entry[R] {
	switch f.Kind {
	case Emptied:
		return nil
	case CutAt:
		return rows[:min(len(rows), f.Page*PageSize-PageSize/2)]
	case Tenth:
		return rows[:len(rows)/10]
	}
	return rows
}

// filter collects the conditions of a list.
type filter struct {
	a   *Account
	c   *call
	bad *answer
}

// time reads a filter that is a wall clock's time; a zero time when it is not asked for.
func (f *filter) time(name string) time.Time {
	text := f.c.query.Get(name)
	if text == "" {
		return time.Time{}
	}
	t, err := f.a.parseWall(text)
	if err != nil && f.bad == nil {
		no := invalid(name + ": " + err.Error())
		f.bad = &no
	}
	return t
}

// number reads a filter that is an id; 0 when it is not asked for.
func (f *filter) number(name string) int64 {
	text := f.c.query.Get(name)
	if text == "" {
		return 0
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil && f.bad == nil {
		no := invalid(name + " must be a number")
		f.bad = &no
	}
	return n
}
