package client

import (
	"context"
	"iter"
	"net/url"
	"strconv"

	"github.com/koppel-io/koppel"
)

// List is one page of a list.
type List[T any] struct {
	Data []T `json:"data"`
	// Next is the cursor of the next page; "" when this is the last one.
	Next string `json:"next,omitempty"`
}

// Page says which page of a list is wanted; the zero value is the first one.
type Page struct {
	// Limit is the most items of a page; the server's default when zero.
	Limit int
	// Cursor is the Next of the page before.
	Cursor string
}

func (p Page) query(pairs ...string) url.Values {
	query := url.Values{}
	if p.Limit > 0 {
		query.Set("limit", strconv.Itoa(p.Limit))
	}
	if p.Cursor != "" {
		query.Set("cursor", p.Cursor)
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			query.Set(pairs[i], pairs[i+1])
		}
	}
	return query
}

// All walks a list to its end, page by page, from the page that is given to
// its method. An error ends it.
//
//	for webshop, err := range client.All(ctx, client.Page{}, c.Webshops) { … }
func All[T any](ctx context.Context, page Page, list func(context.Context, Page) (List[T], error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for {
			got, err := list(ctx, page)
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, item := range got.Data {
				if !yield(item, nil) {
					return
				}
			}
			if got.Next == "" {
				return
			}
			if got.Next == page.Cursor {
				var none T
				yield(none, koppel.E(koppel.KindInternal, "walk list", "the server gives the same page again and again"))
				return
			}
			page.Cursor = got.Next
		}
	}
}
