package rest

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"strings"

	"github.com/koppel-io/koppel"
)

// next reads on until there is a page to give. Pages that shift_guard rejects
// are read again further back.
func (r *Reader) next(ctx context.Context) (*Page, error) {
	back := 1
	// overlap: this page is read again to find rows that moved before it.
	overlap := r.resumed
	r.resumed = false
	for {
		if err := r.caps(); err != nil {
			return nil, err
		}
		at := r.at.Next
		f, err := r.ahead.get(ctx, at)
		if err != nil {
			return nil, err
		}
		page, found, err := r.take(ctx, f, at, overlap)
		if err != nil {
			f.answer.release()
			return nil, err
		}
		if found == follows && (len(page.Records) > 0 || !overlap || r.at.Rule != "") {
			return page, nil
		}
		r.at.Rereads++
		switch found {
		case follows:
			// Read again only to see that nothing moved: no page of its own, or
			// a reader that is resumed at every page would never get on.
			page.Release()
			r.at.Pages--
			overlap = false
			continue
		case shifted:
			r.pager.moved()
			r.at.Next = r.pager.back(at, back)
			back *= 2
			overlap = true
		}
		f.answer.release()
		r.ahead.close()
	}
}

// finding is how a fetched page relates to what was given before.
type finding int

const (
	// follows: nothing lies between.
	follows finding = iota
	// shifted: rows may lie between; read further back.
	shifted
	// repeats: it is the page before once more. Once may be a fault of a cache
	// on the way, so it is asked for again; twice is the remote's doing.
	repeats
)

// caps stops a read that does not end.
func (r *Reader) caps() error {
	mostBytes, mostTime := cmp.Or(r.opts.MaxBytes, int64(defaultMostBytes)), cmp.Or(r.opts.MaxTime, defaultMostTime)
	switch {
	case r.at.Pages+int(r.at.Rereads) >= r.pager.most:
		return koppel.E(koppel.KindTooLarge, r.op, fmt.Sprintf("no end after %d pages", r.at.Pages))
	case r.at.Bytes >= mostBytes:
		return koppel.E(koppel.KindTooLarge, r.op, fmt.Sprintf("no end after %d bytes", r.at.Bytes))
	case r.client.now().Sub(r.began) >= mostTime:
		return koppel.E(koppel.KindTooLarge, r.op, fmt.Sprintf("no end after %s", mostTime))
	}
	return nil
}

// take splits a fetched page, holds it against the guards and moves on.
func (r *Reader) take(ctx context.Context, f *fetch, at string, overlap bool) (page *Page, found finding, err error) {
	a := f.answer
	page = &Page{Total: -1, RequestedAt: a.requestedAt, Ticket: f.ticket, Bytes: int64(len(a.body.data)), body: a.body}
	values := map[string][]byte{}
	switch a.then {
	case actionGone:
		return nil, 0, r.client.failed(ctx, a, koppel.E(koppel.KindNotFound, "", "the collection is gone: "+r.client.detail(a)))
	case actionEmpty, actionIgnore:
	default:
		if page.Records, err = r.split.split(a.body.data, make([]Record, 0, max(r.pager.size, 16))); err != nil {
			return nil, 0, r.damaged(ctx, a, err)
		}
		ofParent(page.Records, r.stream, r.opts.Parent)
		for _, w := range r.split.wants[1:] {
			values[strings.Join(w.parts, ".")] = w.raw
		}
	}
	rows, print := len(page.Records), printOf(page.Records)
	total := r.total(a, values)
	if !overlap && print != "" && print == r.at.Print {
		if r.repeated {
			return nil, 0, r.client.failed(ctx, a, koppel.E(koppel.KindSchemaDrift, "", fmt.Sprintf("the remote repeats page %d", r.at.Pages)))
		}
		r.repeated = true
		return nil, repeats, nil
	}
	r.repeated = false
	if r.pager.guarded() {
		if r.shifted(at, page.Records, total, overlap) {
			r.at.Moved = r.at.Moved || r.at.Total != total
			r.at.Total = total
			return nil, shifted, nil
		}
		if err := r.dropKnown(page); err != nil {
			return nil, 0, r.client.failed(ctx, a, err)
		}
		if r.stream.Page.Offset != "" && r.at.Pages > 0 {
			r.pager.rested(rows - len(page.Records))
		}
	}
	end, err := r.pager.after(at, a, pageRows{rows, len(page.Records), total}, values)
	if err != nil {
		return nil, 0, r.client.failed(ctx, a, err)
	}
	if r.stream.Page.Steady && r.pass(page, &end) {
		print = ""
	}
	if err := r.ascend(page); err != nil {
		return nil, 0, r.client.failed(ctx, a, err)
	}
	r.advance(page, a, total, print, end)
	r.prefetch(ctx, end)
	page.Resume, err = json.Marshal(r.at)
	a.body = nil // the page owns it now
	return page, follows, err
}

// advance moves the position behind the page.
func (r *Reader) advance(page *Page, a *answer, total int64, print string, end ending) {
	r.at.Pages++
	r.at.Read += int64(len(page.Records))
	r.at.Bytes += page.Bytes
	r.at.Moved = r.at.Moved || r.at.Total >= 0 && r.at.Total != total
	r.at.Total = total
	r.at.Print = print
	r.at.Next, r.at.Rule = end.next, end.rule
	if a.then == actionIgnore || a.then == actionEmpty && a.rule != "" {
		r.at.Ignored = maps.Clone(r.at.Ignored)
		if r.at.Ignored == nil {
			r.at.Ignored = map[string]int64{}
		}
		r.at.Ignored[a.rule]++
		r.at.Skipped = r.at.Skipped || a.then == actionIgnore
	}
	for i := range page.Records {
		if id := page.Records[i].ID; page.Records[i].Err == nil && keyAfter(id, r.at.Last) && r.pager.guarded() {
			r.at.Last = id
		}
	}
	page.Number, page.Total = r.at.Pages, total
}

// prefetch asks for the pages that surely follow.
func (r *Reader) prefetch(ctx context.Context, end ending) {
	if end.rule != "" {
		r.ahead.close()
		return
	}
	if r.ahead.most == 0 {
		return
	}
	if !r.pager.counted() {
		r.ahead.want(ctx, end.next)
		return
	}
	if r.ahead.flying[end.next] == nil {
		r.ahead.close() // asked for at positions that are not read after all
	}
	at := r.pager.number(end.next)
	for range r.ahead.most {
		if end.last > 0 && at > end.last {
			return
		}
		if r.at.Total >= 0 && r.pager.size > 0 && r.pager.rowOf(at) >= r.at.Total {
			return
		}
		r.ahead.want(ctx, strconv.Itoa(at))
		if r.at.Total < 0 && end.last == 0 {
			return // the end is not known: one page ahead only
		}
		at += r.pager.step()
	}
}

// rowOf is the number of rows before a page.
func (p *pager) rowOf(at int) int64 {
	if p.stream.Page.Number != "" {
		return int64(at-p.first) * int64(p.size)
	}
	return int64(at)
}

func (r *Reader) total(a *answer, values map[string][]byte) int64 {
	if r.stream.Total == nil {
		return -1
	}
	total, err := strconv.ParseInt(r.stream.Total.find(a, values), 10, 64)
	if err != nil {
		return -1
	}
	return total
}

// damaged is a page that cannot be split: cut off on the way, or not what the
// manifest declares.
func (r *Reader) damaged(ctx context.Context, a *answer, err error) error {
	if errors.Is(err, errTruncated) {
		return r.client.failed(ctx, a, koppel.E(koppel.KindNetwork, "",
			fmt.Sprintf("the answer of %s is cut off after %d bytes", a.call.url.Host, len(a.body.data))))
	}
	if text := bytes.TrimLeft(a.body.data, " \t\r\n"); len(text) > 0 && text[0] == '<' {
		return r.client.failed(ctx, a, koppel.E(koppel.KindSchemaDrift, "",
			a.call.url.Host+" prints text before the JSON, such as a PHP notice: "+cutWords(string(text[:min(len(text), 160)]))))
	}
	return r.client.failed(ctx, a, koppel.E(koppel.KindSchemaDrift, "", "page "+strconv.Itoa(r.at.Pages+1)+": "+err.Error()))
}

// printOf is a hash over the records' keys and contents; empty for no records.
func printOf(records []Record) string {
	if len(records) == 0 {
		return ""
	}
	h := sha256.New()
	for i := range records {
		h.Write([]byte(records[i].ID))
		h.Write([]byte{0})
		if records[i].ID == "" {
			h.Write(records[i].Hash[:])
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}
