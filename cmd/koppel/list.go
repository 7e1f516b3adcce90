package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/koppel-io/koppel/client"
)

// listFlags say how much of a list is wanted.
type listFlags struct {
	page client.Page
	all  bool
}

func (f *listFlags) add(cmd *cobra.Command) {
	cmd.Flags().IntVar(&f.page.Limit, "limit", 0, "most items to show (the server's default when 0)")
	cmd.Flags().StringVar(&f.page.Cursor, "cursor", "", "go on after a page, with the cursor that it told")
	cmd.Flags().BoolVar(&f.all, "all", false, "show the whole list")
	cmd.MarkFlagsMutuallyExclusive("all", "limit")
}

// list fetches a list and prints it. As JSON it is the API's page, or with
// --all one page that holds everything.
func list[T any](ctx context.Context, p *program, f listFlags, fetch func(context.Context, client.Page) (client.List[T], error), head []any, row func(T) []any) error {
	page, err := fetchList(ctx, f, fetch)
	if err != nil {
		return err
	}
	if page.Data == nil {
		page.Data = []T{}
	}
	err = p.show(page, func(w *table) {
		w.row(head...)
		for _, item := range page.Data {
			w.row(row(item)...)
		}
	})
	if err == nil && page.Next != "" {
		p.note("There is more: --cursor %s, or --all", page.Next)
	}
	return err
}

func fetchList[T any](ctx context.Context, f listFlags, fetch func(context.Context, client.Page) (client.List[T], error)) (client.List[T], error) {
	if !f.all {
		return fetch(ctx, f.page)
	}
	var whole client.List[T]
	start := f.page
	start.Limit = idAtOnce
	for item, err := range client.All(ctx, start, fetch) {
		if err != nil {
			return whole, err
		}
		whole.Data = append(whole.Data, item)
	}
	return whole, nil
}

// head names the columns of a table.
func head(names ...any) []any { return names }
