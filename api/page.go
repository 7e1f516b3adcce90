package api

import "github.com/koppel-io/koppel/store"

// Paging is what every list takes.
type Paging struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"500" doc:"Rows of a page; 50 when absent"`
	Cursor string `query:"cursor" maxLength:"200" doc:"next of the page before"`
}

// pageBody is one page of a list.
type pageBody[T any] struct {
	Data []T    `json:"data" nullable:"false"`
	Next string `json:"next,omitempty" doc:"Give it back as cursor; absent on the last page"`
}

// pageOf shows a page of the store.
func pageOf[S, T any](page store.Page[S], show func(S) T) pageBody[T] {
	return pageBody[T]{Data: each(page.Items, show), Next: page.Next}
}

// each shows every item; never nil.
func each[S, T any](items []S, show func(S) T) []T {
	out := make([]T, len(items))
	for i, item := range items {
		out[i] = show(item)
	}
	return out
}

// ByID is the input of routes that name one thing and nothing else.
type ByID struct {
	ID string `path:"id" format:"uuid"`
}

// text is a pointed-to string; "" for nil.
func text[S ~string](s *S) string {
	if s == nil {
		return ""
	}
	return string(*s)
}
