package bol

import (
	"net/http"
	"strconv"
)

// perPage is the size of every page.
const perPage = 50

// page answers one page of rows under a name. A page without rows has no list
// at all: { }.
func page[T any](c *call, name string, rows []T) answer {
	n := 1
	if text := c.query.Get("page"); text != "" {
		var err error
		if n, err = strconv.Atoi(text); err != nil || n < 1 {
			return refuse("page", "must be greater than or equal to 1")
		}
	}
	if r := c.hit.Rule; r != nil {
		switch {
		case r.Kind == RepeatPage && n > 1:
			n--
		case r.Kind == Empty, r.Kind == CutPages && n >= max(1, r.Page):
			rows = nil
		case r.Kind == Tenth:
			rows = rows[:len(rows)/10]
		}
	}
	from := min((n-1)*perPage, len(rows))
	rows = rows[from:min(from+perPage, len(rows))]
	if len(rows) == 0 {
		return answer{status: http.StatusOK, body: []byte("{ }")}
	}
	return says(http.StatusOK, map[string][]T{name: rows})
}
