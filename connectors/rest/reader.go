package rest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/koppel-io/koppel"
)

// ReadOptions say what of a stream is read.
type ReadOptions struct {
	// Since and Until bound the read by the stream's since; zero is open. Since
	// is the cursor as stored: the manifest's overlap is taken off here, and an
	// exclusive bound is lowered by one unit, so callers subtract nothing.
	Since, Until time.Time
	// Created: the bounds are of when records were made, by the stream's created.
	Created bool
	// After is the highest key that an earlier read of a stream by keyset gave;
	// empty begins at the first.
	After string
	// Resume is a Page's position from an earlier Reader of the same read;
	// empty starts at the beginning.
	Resume json.RawMessage
	// Parent is the record whose children are read, for a stream with each.
	Parent *ParentRecord
	// Prefetch is how many pages are requested ahead, within the budget.
	Prefetch int
	// Ticket, when given, is called before each page's request; its value comes
	// back with the page. It must be safe for concurrent use.
	Ticket func(ctx context.Context) (int64, error)
	// MaxBytes and MaxTime cap the whole read; 64 GiB and 24 h when zero.
	MaxBytes int64
	MaxTime  time.Duration
}

// ParentRecord is the record whose children are read.
type ParentRecord struct {
	ID string
	// Raw are its bytes, which the expressions' variable parent shows.
	Raw []byte
}

// Page is one page of records. Release it when its records are no longer needed.
type Page struct {
	// Number counts the pages of the read from 1, across resumes; 0 is no page
	// of the collection but a position to remember, such as a job's id.
	Number  int
	Records []Record
	// Resume is the position after this page: hand it to Read to go on there.
	Resume json.RawMessage
	// Bytes is the size of the body.
	Bytes int64
	// Total is what the remote says there is; -1 when it does not tell.
	Total int64
	// Cursor is the highest key up to here, of a stream by keyset.
	Cursor string
	// RequestedAt is when the request left.
	RequestedAt time.Time
	// Ticket is what ReadOptions.Ticket gave before the request.
	Ticket int64

	body *body
}

// Release gives the page's buffer back; no Raw of it may be used afterwards.
func (p *Page) Release() {
	p.body.release()
	p.body, p.Records = nil, nil
}

// End is what a finished read can show.
type End struct {
	// Rule is the end rule that was met; empty when none was.
	Rule string
	// Complete: the rule was met, nothing was ignored, and the remote's total,
	// where it tells one, was reached.
	Complete bool
	// Counted: the remote told a total that did not move while it was read, and
	// no row can have moved past the reader.
	Counted bool
	// Total is what the remote said last; -1 when it did not tell.
	Total int64
	// Read is how many records the read gave, across resumes, in how many Pages.
	Read  int64
	Pages int
	// Ignored counts answers that a response rule ignored or took as empty, by rule.
	Ignored map[string]int64
	// Rereads counts pages that were read again because rows may have moved or
	// the remote repeated one.
	Rereads int64
}

// Reader reads a stream page by page. One goroutine uses it at a time; Close
// it when not read to the end.
type Reader struct {
	client *Client
	stream *Stream
	opts   ReadOptions
	op     string
	pager  *pager
	split  *splitter
	ahead  *ahead
	// parts are read one after another; at.Part is the one being read.
	parts []part
	// rows is the fetched file of a stream with decode.
	rows *rows
	// yield: nothing is submitted before the caller has waited once.
	yield bool
	// note says why more is read than was asked for; empty when it is not.
	note string

	at position
	// resumed: the next page is the first after a resume.
	resumed bool
	// repeated: the page was a repetition once already.
	repeated bool
	ended    bool
	failed   error
	began    time.Time
}

// position is a place in a read and what was seen on the way to it; as JSON it
// is the opaque Resume.
type position struct {
	// Next is where the next page starts: page number, offset, address or token.
	Next string `json:"next"`
	// Pages and Read count what was given, Bytes what was received.
	Pages int   `json:"pages"`
	Read  int64 `json:"read"`
	Bytes int64 `json:"bytes"`
	Total int64 `json:"total"`
	// Last is the highest key given, for shift_guard; Cursor the highest of the
	// keyset.
	Last   string `json:"last,omitempty"`
	Cursor string `json:"cursor,omitempty"`
	// Print is the hash of the previous page's keys.
	Print   string           `json:"print,omitempty"`
	Ignored map[string]int64 `json:"ignored,omitempty"`
	Rereads int64            `json:"rereads,omitempty"`
	// Moved: the total was not the same on every page.
	Moved bool `json:"moved,omitempty"`
	// Skipped: an answer was ignored, so the read cannot be complete.
	Skipped bool `json:"skipped,omitempty"`
	// Rule is the end rule, once met.
	Rule string `json:"rule,omitempty"`

	// Part is the part being read, Began when the read began, which fixes what
	// its windows are, and Recent that they are one span up to now.
	Part   int       `json:"part,omitempty"`
	Began  time.Time `json:"began"`
	Recent bool      `json:"recent,omitempty"`
	// Before is the sum of the totals of the parts before; -1 when one told none.
	Before int64 `json:"before,omitempty"`
	steadiness
	// File names the file that rows are read from by its content, Row is the
	// last row of it that was given.
	File string `json:"file,omitempty"`
	Row  int64  `json:"row,omitempty"`
	// Job is where the stream's job stands.
	Job jobState `json:"job,omitzero"`
}

// Caps on a read whose manifest and options give none.
const (
	defaultMostPages = 100_000
	defaultMostBytes = 64 << 30
	defaultMostTime  = 24 * time.Hour
)

// Read starts reading a stream. Nothing is requested before Next.
func (c *Client) Read(stream string, opts ReadOptions) (*Reader, error) {
	s, err := c.Stream(stream)
	if err != nil {
		return nil, err
	}
	op := "read " + stream
	if opts.Created {
		if s.Created == nil {
			return nil, koppel.E(koppel.KindInvalidRequest, op, "the stream cannot be read by when its records were made")
		}
		made := *s
		made.Since = s.Created
		s = &made
	}
	if s.Each != "" && opts.Parent == nil {
		return nil, koppel.E(koppel.KindInvalidRequest, op, "the stream is read per record of "+s.Each+": a parent is needed")
	}
	if (!opts.Since.IsZero() || !opts.Until.IsZero()) && s.Since == nil {
		return nil, koppel.E(koppel.KindInvalidRequest, op, "the stream cannot be read by time; read it in full")
	}
	if !opts.Until.IsZero() && !s.Since.Bounded() {
		return nil, koppel.E(koppel.KindInvalidRequest, op, "the stream has no upper bound; read without until")
	}
	r := &Reader{client: c, stream: s, opts: opts, op: op, at: position{Total: -1, Began: c.now()}, began: c.now()}
	if len(opts.Resume) > 0 {
		if err := json.Unmarshal(opts.Resume, &r.at); err != nil {
			return nil, &koppel.Error{Kind: koppel.KindInvalidRequest, Op: op, Detail: "the resume position cannot be read", Err: err}
		}
	}
	if r.parts, r.note, err = c.partsOf(s, opts, &r.at); err != nil {
		return nil, &koppel.Error{Kind: koppel.KindInvalidRequest, Op: op, Detail: c.redact.text(koppel.DetailOf(err))}
	}
	if err := r.openPart(); err != nil {
		return nil, err
	}
	if r.at.Pages > 0 && r.pager != nil && r.pager.guarded() {
		r.resumed = true
		r.at.Next = r.pager.overlapping(r.at.Next)
	}
	return r, nil
}

// Wants reports whether the parent has children in the stream, by the
// stream's when; without one it has.
func (c *Client) Wants(stream string, parent ParentRecord) (bool, error) {
	s, err := c.Stream(stream)
	if err != nil || s.When == nil {
		return err == nil, err
	}
	value, err := decodeJSON(parent.Raw)
	if err != nil {
		return false, &koppel.Error{Kind: koppel.KindSchemaDrift, Op: "choose children of " + parent.ID, Err: err}
	}
	holds, err := s.When.holds(with(c.env, "parent", value))
	if err != nil {
		return false, koppel.E(koppel.KindMapping, "choose children of "+parent.ID, c.redact.text(err.Error()))
	}
	return holds, nil
}

// streamEnv is what the expressions of a stream see while a part of it is read.
func (c *Client) streamEnv(s *Stream, of part, under *ParentRecord) (map[string]any, error) {
	env := with(c.env, "since", nil)
	env["until"], env["parent"], env["window"], env["job"] = nil, nil, nil, nil
	env["partition"] = of.partition
	if of.after != "" {
		env["since"] = of.after
	}
	if s.Since != nil && !s.byKey() {
		layout := newTimeLayout(s.Since)
		if s.Since.Windows != nil {
			env["window"] = map[string]any{"from": layout.format(of.from), "until": layout.format(of.until)}
		} else {
			lower, upper, err := c.bounds(s, of, layout.unit)
			if err != nil {
				return nil, err
			}
			env["since"], env["until"] = layout.format(lower), layout.format(upper)
		}
	}
	if under != nil {
		parent, err := decodeJSON(under.Raw)
		if err != nil {
			return nil, fmt.Errorf("the parent record %s is not JSON: %w", under.ID, err)
		}
		env["parent"] = parent
	}
	return env, nil
}

// bounds are the times that the remote is asked with, to its unit.
func (c *Client) bounds(s *Stream, of part, unit time.Duration) (lower, upper time.Time, err error) {
	lower, upper = of.from, of.until
	if !lower.IsZero() {
		lower = lower.Add(-s.Since.Overlap)
		if s.Since.LookBack != nil {
			value, err := s.Since.LookBack.value(c.env)
			if err != nil {
				return lower, upper, err
			}
			var days float64
			if _, err := fmt.Sscan(textOf(value), &days); err != nil {
				return lower, upper, fmt.Errorf("look_back is not a number of days: %v", value)
			}
			if back := c.now().Add(-time.Duration(days * 24 * float64(time.Hour))); back.Before(lower) {
				lower = back
			}
		}
		lower = lower.Truncate(unit)
		if s.Since.Exclusive {
			lower = lower.Add(-unit)
		}
	}
	if !upper.IsZero() {
		if rounded := upper.Truncate(unit); rounded.Before(upper) {
			upper = rounded.Add(unit)
		}
		if s.Since.Exclusive {
			upper = upper.Add(unit)
		}
	}
	return lower, upper, nil
}

// Next returns the next page; [io.EOF] after the last one. After any error
// but io.EOF the read can be resumed from the last page's Resume; after a
// [Pending] this Reader can also go on.
func (r *Reader) Next(ctx context.Context) (*Page, error) {
	if r.failed != nil {
		return nil, r.failed
	}
	for !r.ended && r.at.Rule != "" && r.at.Part < len(r.parts)-1 {
		if err := r.nextPart(); err != nil {
			return nil, err
		}
	}
	if r.ended || r.at.Rule != "" || len(r.parts) == 0 {
		r.ended = true
		return nil, io.EOF
	}
	page, err := r.nextPage(ctx)
	var pending *Pending
	if errors.As(err, &pending) {
		return nil, err
	}
	if err != nil {
		r.Close()
		var own *koppel.Error
		if !errors.As(err, &own) {
			err = &koppel.Error{Kind: koppel.KindInternal, Op: r.op, Err: err}
		}
		r.failed = err
		return nil, err
	}
	return page, nil
}

// nextPage gives the next page of what the stream is read from.
func (r *Reader) nextPage(ctx context.Context) (*Page, error) {
	if r.stream.Job != nil {
		if page, err := r.advanceJob(ctx); page != nil || err != nil {
			return page, err
		}
		r.pager.env = with(r.pager.env, "job", r.at.Job.vars())
	}
	page, err := r.fetchedPage(ctx)
	if r.stream.Job != nil && koppel.KindOf(err) == koppel.KindNotFound {
		return r.loseJob("what job " + r.at.Job.ID + " made is gone")
	}
	return page, err
}

func (r *Reader) fetchedPage(ctx context.Context) (*Page, error) {
	if r.stream.Decode != nil {
		return r.nextRows(ctx)
	}
	return r.next(ctx)
}

// Close stops requests that were made ahead. It is called by Next after an error.
func (r *Reader) Close() {
	if r.ahead != nil {
		r.ahead.close()
	}
	r.closeRows()
}
