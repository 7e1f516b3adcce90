package store

import (
	"encoding/base64"
	"strconv"
	"strings"
)

// Page is one page of a list, with the cursor of the next one.
type Page[T any] struct {
	Items []T
	// Next is given back as After to read on; "" when this was the last page.
	Next string
}

// The size of a page: what is used when none is asked for, and the most that is given.
const (
	pageDefault = 50
	pageMost    = 500
)

// pageSize brings what was asked for within bounds.
func pageSize(asked int) int {
	switch {
	case asked <= 0:
		return pageDefault
	case asked > pageMost:
		return pageMost
	}
	return asked
}

// cursorOf makes an opaque cursor: list names what it pages, so that a cursor of another list is refused.
func cursorOf(list string, id int64) string {
	return base64.RawURLEncoding.EncodeToString([]byte(list + ":" + strconv.FormatInt(id, 10)))
}

// idAfter reads a cursor of list; start is the answer to an empty one.
func idAfter(op, list, cursor string, start int64) (int64, error) {
	if cursor == "" {
		return start, nil
	}
	text, err := base64.RawURLEncoding.DecodeString(cursor)
	if err == nil {
		if digits, ok := strings.CutPrefix(string(text), list+":"); ok {
			if id, err := strconv.ParseInt(digits, 10, 64); err == nil {
				return id, nil
			}
		}
	}
	return 0, invalid(op, "the cursor is not one of this list; start again without a cursor")
}

// pageOf cuts rows, of which one more than size was read, to a page.
func pageOf[T any](list string, rows []T, size int, id func(T) int64) Page[T] {
	if len(rows) <= size {
		return Page[T]{Items: rows}
	}
	rows = rows[:size]
	return Page[T]{Items: rows, Next: cursorOf(list, id(rows[size-1]))}
}
