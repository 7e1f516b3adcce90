package rest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/koppel-io/koppel"
)

// rows is a fetched file that is being cut into pages.
type rows struct {
	answer *answer
	spool  *spool
	in     rowScanner
	ticket int64
}

// A page of rows is full at the first of these.
const (
	rowsOfPage  = 1000
	bytesOfPage = 1 << 20
)

// nextRows gives the next page of a file, fetching it first. After a resume the
// file is fetched again: the same one is gone on with behind the last row that
// was given, another is read from its start.
func (r *Reader) nextRows(ctx context.Context) (*Page, error) {
	if err := r.caps(); err != nil {
		return nil, err
	}
	if r.rows == nil {
		if err := r.fetchRows(ctx); err != nil {
			return nil, err
		}
	}
	page := &Page{Total: r.at.Total, RequestedAt: r.rows.answer.requestedAt, Ticket: r.rows.ticket, body: emptyBody()}
	last, err := r.fillPage(page)
	if err == nil && last {
		err = r.endRows(page)
	}
	if err != nil {
		page.Release()
		return nil, r.client.failed(ctx, r.rows.answer, err)
	}
	ended := ending{}
	if last {
		ended.rule = fmt.Sprintf("end of the file after %d rows", r.at.Row)
		r.closeRows()
	}
	page.Bytes = int64(len(page.body.data))
	r.at.Pages++
	r.at.Read += int64(len(page.Records))
	r.at.Bytes += page.Bytes
	r.at.Rule = ended.rule
	page.Number = r.at.Pages
	page.Resume, err = json.Marshal(r.at)
	return page, err
}

// fetchRows fetches the file whole and finds the row to go on with.
func (r *Reader) fetchRows(ctx context.Context) error {
	call, err := r.pager.build()
	if err != nil {
		return &koppel.Error{Kind: koppel.KindOf(err), Op: r.op, Detail: r.client.redact.text(koppel.DetailOf(err))}
	}
	f := &rows{spool: &spool{limit: int64(r.stream.Decode.Most)}}
	call.spool, call.timeout = f.spool, r.stream.Decode.Timeout
	if r.opts.Ticket != nil {
		if f.ticket, err = r.opts.Ticket(ctx); err != nil {
			return koppel.Wrap(r.op+": take a ticket", err)
		}
	}
	if f.answer, err = r.client.exchange(ctx, call); err != nil {
		f.answer.release()
		f.spool.close()
		return err
	}
	r.rows = f
	if err := r.beginRows(); err != nil {
		err = r.client.failed(ctx, f.answer, err)
		r.closeRows()
		return err
	}
	return nil
}

// beginRows proves that the file is whole, as far as can be told, and passes
// over the rows that were given before.
func (r *Reader) beginRows() (err error) {
	f, decode := r.rows, r.stream.Decode
	if f.answer.then == actionEmpty || f.answer.then == actionIgnore {
		f.in = noRows{}
		return nil
	}
	if r.stream.Total != nil {
		if total, err := strconv.ParseInt(r.stream.Total.find(f.answer, nil), 10, 64); err == nil {
			r.at.Total = total
		}
	}
	if decode.Newline && f.spool.size > 0 && !f.spool.endsWith('\n') {
		return koppel.E(koppel.KindNetwork, "", fmt.Sprintf("the file of %d bytes does not end with a newline: it is cut off", f.spool.size))
	}
	switch decode.As {
	case "csv":
		if f.in, err = newCSV(r.stream, f.spool.open()); err != nil {
			return drifted(err)
		}
	default:
		f.in = &lineScanner{in: bufio.NewReaderSize(f.spool.open(), 64<<10)}
	}
	if r.at.File != f.spool.sum {
		r.at.File, r.at.Row, r.at.Read = f.spool.sum, 0, 0
	}
	var bad *badRow
	for range r.at.Row {
		if _, _, err := f.in.next(nil); err != nil && !errors.As(err, &bad) {
			return drifted(err)
		}
	}
	return nil
}

// drifted is a file that is not what the manifest declares.
func drifted(err error) error { return koppel.E(koppel.KindSchemaDrift, "", err.Error()) }

// noRows is a file that a response rule took as empty.
type noRows struct{}

func (noRows) next([]byte) (object, raw []byte, err error) { return nil, nil, io.EOF }

// fillPage reads rows into a page as a JSON list, which is split like any
// other. Rows that cannot be read come with their own bytes.
func (r *Reader) fillPage(page *Page) (last bool, err error) {
	b := append(page.body.data[:0], '[')
	var parked []Record
	count := 0
	for count < rowsOfPage && len(b) < bytesOfPage {
		start := len(b)
		if start > 1 {
			b = append(b, ',')
		}
		object, raw, err := r.rows.in.next(b)
		var bad *badRow
		switch {
		case errors.Is(err, io.EOF):
			b, last = b[:start], true
		case errors.As(err, &bad):
			b = b[:start]
			parked = append(parked, Record{Raw: bytes.Clone(r.stream.withoutDropped(raw, r.at.Row+1)), Err: spoiled(fmt.Sprintf("row %d: %s", r.at.Row+1, bad.why))})
			count++
			r.at.Row++
		case err != nil:
			page.body.data = b
			return false, drifted(err)
		default:
			b = object
			count++
			r.at.Row++
		}
		if last {
			break
		}
	}
	page.body.data = append(b, ']')
	page.Records, err = r.split.split(page.body.data, make([]Record, 0, count))
	if err != nil {
		return false, drifted(err)
	}
	page.Records = append(page.Records, parked...)
	return last, nil
}

// endRows holds the rows of a whole file against the remote's count.
func (r *Reader) endRows(page *Page) error {
	read := r.at.Read + int64(len(page.Records))
	if r.at.Total >= 0 && read < r.at.Total {
		return koppel.E(koppel.KindNetwork, "", fmt.Sprintf("the file has %d rows where the remote counts %d: it is cut off", read, r.at.Total))
	}
	return nil
}

// closeRows lets go of the file.
func (r *Reader) closeRows() {
	if r.rows == nil {
		return
	}
	r.rows.answer.release()
	r.rows.spool.close()
	r.rows = nil
}

// emptyBody is a pooled buffer for a page that is made here.
func emptyBody() *body {
	b := bodies.Get().(*body)
	b.data = b.data[:0]
	return b
}
