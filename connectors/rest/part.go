package rest

import (
	"fmt"
	"time"

	"github.com/koppel-io/koppel"
)

// part is one collection of those that make up a read: a partition, a window of
// time, or a window of a partition.
type part struct {
	partition   map[string]any
	from, until time.Time
	// recent is set on the span up to now: since when.
	recent time.Time
	bounds []Params
	// after is the key that rows must follow, for a read by key.
	after string
}

// partsOf cuts a read into its parts, in an order in which what changes while
// it is read is met again: windows from the oldest to the newest. A resumed
// read gives the same parts, except that the last minutes become windows when
// too much time has passed to ask for them at once. note says why the read is
// a full one when that was not asked for.
func (c *Client) partsOf(s *Stream, opts ReadOptions, at *position) (parts []part, note string, err error) {
	partitions, err := c.partitionsOf(s)
	if err != nil {
		return nil, "", err
	}
	cursor := opts.Since
	opts.Since, note = s.remembered(opts.Since, at.Began)
	spans := []part{{}}
	switch {
	case s.byKey():
		if opts.Since.IsZero() && !cursor.IsZero() {
			opts.After = ""
		}
		spans[0] = s.keysetPart(opts.After)
	case s.Since == nil || s.Since.Windows == nil:
		if !opts.Since.IsZero() {
			spans[0].bounds = append(spans[0].bounds, s.Since.Query)
		}
		if !opts.Until.IsZero() {
			spans[0].bounds = append(spans[0].bounds, s.Since.Until)
		}
		spans[0].from, spans[0].until = opts.Since, opts.Until
	case c.recentEnough(s, opts, at):
		at.Recent = true
		spans[0].recent = opts.Since.Add(-s.Since.Overlap)
		spans[0].bounds = []Params{s.Since.Recent.Query}
	default:
		if at.Recent {
			*at = position{Total: -1, Began: c.now()}
		}
		if spans, err = s.windows(opts, at.Began); err != nil {
			return nil, "", err
		}
	}
	for _, partition := range partitions {
		for _, span := range spans {
			span.partition = partition
			parts = append(parts, span)
		}
	}
	return parts, note, nil
}

// partitionsOf are the values of the partitions that apply; one without any
// where the stream declares none.
func (c *Client) partitionsOf(s *Stream) ([]map[string]any, error) {
	if len(s.Partitions) == 0 {
		return []map[string]any{nil}, nil
	}
	var all []map[string]any
	for _, p := range s.Partitions {
		if p.When != nil {
			holds, err := p.When.holds(c.env)
			if err != nil {
				return nil, err
			}
			if !holds {
				continue
			}
		}
		values := map[string]any{}
		for _, v := range p.Set {
			value, err := v.Value.value(c.env)
			if err != nil {
				return nil, err
			}
			values[v.Name] = value
		}
		all = append(all, values)
	}
	return all, nil
}

// remembered drops a lower bound that the remote does not go back to, which
// makes the read a full one, and says so.
func (s *Stream) remembered(since, now time.Time) (time.Time, string) {
	if since.IsZero() || s.Since == nil || s.Since.Retention == 0 || !since.Before(now.Add(-s.Since.Retention)) {
		return since, ""
	}
	return time.Time{}, fmt.Sprintf("the remote tells changes of %s only and %s is longer ago, so everything was read; ",
		days(s.Since.Retention), since.UTC().Format(time.RFC3339))
}

// recentMargin is how long a read of the last minutes may take between the
// choice for it and its last request in one go.
const recentMargin = 3 * time.Minute

func (c *Client) recentEnough(s *Stream, opts ReadOptions, at *position) bool {
	if s.Since.Recent == nil || opts.Since.IsZero() || !opts.Until.IsZero() || at.Pages > 0 && !at.Recent {
		return false
	}
	return c.now().Add(recentMargin).Sub(opts.Since.Add(-s.Since.Overlap)) <= s.Since.Recent.Most
}

// minutesSince is how many minutes before now cover everything since then.
func minutesSince(since, now time.Time) int64 {
	return int64((now.Sub(since) + time.Minute - 1) / time.Minute)
}

// windows are the spans that cover a read.
func (s *Stream) windows(opts ReadOptions, began time.Time) ([]part, error) {
	w, layout := s.Since.Windows, newTimeLayout(s.Since)
	from, until := began.Add(-s.Since.Retention), began
	if !opts.Since.IsZero() {
		from = opts.Since.Add(-s.Since.Overlap)
	}
	if !opts.Until.IsZero() {
		until = opts.Until
	}
	var spans []part
	for at := layout.align(from, w.Every); at.Before(until); {
		next := layout.after(at, w.Every)
		spans = append(spans, part{from: at, until: next, bounds: []Params{w.Query}})
		at = next
		if len(spans) > w.Most {
			return nil, koppel.E(koppel.KindInvalidRequest, "", fmt.Sprintf("from %s to %s are more than %d windows of %s: read a shorter time",
				from.UTC().Format(time.RFC3339), until.UTC().Format(time.RFC3339), w.Most, days(w.Every)))
		}
	}
	return spans, nil
}

const day = 24 * time.Hour

// align is the start of the window that holds a time: a midnight of the zone
// for windows of whole days, a multiple of the length for others.
func (t timeLayout) align(at time.Time, every time.Duration) time.Time {
	if every%day != 0 {
		return at.Truncate(every)
	}
	at = at.In(t.zone)
	return time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, t.zone)
}

// after is the start of the window after one; days need not have 24 hours.
func (t timeLayout) after(at time.Time, every time.Duration) time.Time {
	if every%day != 0 {
		return at.Add(every)
	}
	return time.Date(at.Year(), at.Month(), at.Day()+int(every/day), 0, 0, 0, 0, t.zone)
}

// days writes a duration as people say it.
func days(d time.Duration) string {
	switch {
	case d == day:
		return "1 day"
	case d%day == 0:
		return fmt.Sprint(int(d/day), " days")
	}
	return d.String()
}

// openPart makes ready to read the part at which the position stands.
func (r *Reader) openPart() error {
	if len(r.parts) == 0 {
		return nil
	}
	r.at.Part = min(r.at.Part, len(r.parts)-1)
	of := r.parts[r.at.Part]
	env, err := r.client.streamEnv(r.stream, of, r.opts.Parent)
	if err != nil {
		return &koppel.Error{Kind: koppel.KindInvalidRequest, Op: r.op, Detail: r.client.redact.text(err.Error())}
	}
	if r.pager, err = newPager(r.client, r.stream, env, of); err != nil {
		return &koppel.Error{Kind: koppel.KindInvalidRequest, Op: r.op, Detail: r.client.redact.text(koppel.DetailOf(err))}
	}
	r.split = newSplitter(r.stream, r.pager.envelope()...)
	r.ahead = newAhead(r)
	return nil
}

// nextPart goes on with the part after one that was read to its end.
func (r *Reader) nextPart() error {
	if r.at.Total < 0 || r.at.Before < 0 {
		r.at.Before = -1
	} else {
		r.at.Before += r.at.Total
	}
	r.at.Part++
	r.at.Next, r.at.Rule, r.at.Print, r.at.Last, r.at.Total = "", "", "", "", -1
	r.at.steadiness = steadiness{}
	r.ahead.close()
	return r.openPart()
}

// End tells how the read ended, or how far it is.
func (r *Reader) End() End {
	end := End{Rule: r.at.Rule, Total: r.at.Total, Read: r.at.Read, Pages: r.at.Pages, Ignored: r.at.Ignored, Rereads: r.at.Rereads}
	if len(r.parts) > 1 {
		if end.Total >= 0 && r.at.Before >= 0 {
			end.Total += r.at.Before
		} else {
			end.Total = -1
		}
		if r.at.Part < len(r.parts)-1 {
			end.Rule = ""
		} else if end.Rule != "" {
			end.Rule = fmt.Sprintf("%d parts, each to its end; the last: %s", len(r.parts), end.Rule)
		}
	}
	if len(r.parts) == 0 {
		end.Rule = "no part of it is wanted by the settings"
	}
	if end.Rule != "" {
		end.Rule = r.note + end.Rule
	}
	end.Complete = end.Rule != "" && !r.at.Skipped && (end.Total < 0 || end.Read >= end.Total)
	p := r.stream.Page
	follows := p.Guard || p.Steady || p.Number == "" && p.Offset == ""
	end.Counted = end.Complete && end.Total >= 0 && !r.at.Moved && follows
	return end
}
