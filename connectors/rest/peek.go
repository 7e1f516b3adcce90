package rest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/koppel-io/koppel"
)

// Peek is a look at a collection: some of its records, and how many there are.
type Peek struct {
	// Records' bytes are their own.
	Records []Record
	// Total is how many there are; -1 when that is not known, for Untold.
	Total  int64
	Untold string
	// Whole: Records are all there are.
	Whole bool
	Pages int
}

// Peek reads the first page of a collection and one other: where pages can be
// addressed and the remote tells how many there are the one that pick chooses
// of n, else the next. What the remote makes as a file on request, and what is
// read in windows of time, is not looked at.
func (c *Client) Peek(ctx context.Context, stream string, parent *ParentRecord, pick func(n int) int) (Peek, error) {
	out := Peek{Total: -1, Untold: "the remote does not tell"}
	s, err := c.Stream(stream)
	if err != nil {
		return out, err
	}
	switch {
	case s.Job != nil || s.Decode != nil:
		out.Untold = "the remote gives it as a whole file only, which a comparison does not ask for"
		return out, nil
	case s.Since != nil && s.Since.Windows != nil:
		out.Untold = "the remote is read in windows of time only, so nobody counts it"
		return out, nil
	}
	r, err := c.Read(stream, ReadOptions{Parent: parent})
	if err != nil {
		return out, err
	}
	defer r.Close()
	rows, err := out.take(ctx, r)
	if err != nil {
		return out, err
	}
	last := len(r.parts) - 1
	out.Whole = r.at.Rule != "" && r.at.Part >= last && !r.at.Skipped
	switch {
	case out.Whole:
		out.Total, out.Untold = int64(len(out.Records)), ""
	case last > 0:
		out.Total, out.Untold = -1, fmt.Sprintf("the collection is read in %d parts, so nobody counts the whole", last+1)
	case out.Total >= 0:
		out.Untold = ""
	}
	if out.Whole || rows == 0 {
		return out, nil
	}
	if pages := r.pagesOf(out.Total, rows); pages > 1 {
		if r, err = r.turnTo(1 + pick(pages-1)); err != nil {
			return out, err
		}
		defer r.Close()
	}
	total := out.Total
	_, err = out.take(ctx, r)
	out.Total = total
	return out, err
}

// take reads a page and keeps copies of its records that are not known yet.
func (p *Peek) take(ctx context.Context, r *Reader) (rows int, err error) {
	page, err := r.Next(ctx)
	if errors.Is(err, io.EOF) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	defer page.Release()
	known := map[string]bool{}
	for i := range p.Records {
		known[p.Records[i].ID] = true
	}
	for i := range page.Records {
		record := page.Records[i]
		if known[record.ID] {
			continue
		}
		record.Raw = append([]byte(nil), record.Raw...)
		p.Records = append(p.Records, record)
	}
	p.Pages++
	p.Total = page.Total
	return len(page.Records), nil
}

// pagesOf is how many pages can be turned to; 0 when none can.
func (r *Reader) pagesOf(total int64, rows int) int {
	if r.pager == nil || !r.pager.counted() || len(r.parts) != 1 || total <= int64(rows) {
		return 0
	}
	return int((total + int64(rows) - 1) / int64(rows))
}

// turnTo is a reader of the same collection that begins n pages after the first.
func (r *Reader) turnTo(n int) (*Reader, error) {
	resume, err := json.Marshal(position{Next: strconv.Itoa(r.pager.first + n*r.pager.step()), Total: -1, Began: r.at.Began})
	if err != nil {
		return nil, koppel.Wrap(r.op, err)
	}
	opts := r.opts
	opts.Resume = resume
	return r.client.Read(r.stream.Name, opts)
}
