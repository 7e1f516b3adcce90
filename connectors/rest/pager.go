package rest

import (
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/koppel-io/koppel"
)

// pager knows where pages are and when there are no more.
type pager struct {
	client *Client
	stream *Stream
	env    map[string]any
	// bounds are the query parameters of since and until, where given.
	bounds []Params
	size   int
	first  int
	most   int
	op     string
	// recent: the variable window counts the minutes since then at each request.
	recent time.Time
	// overlap is how many rows pages by offset overlap under shift_guard. It
	// grows where rows are seen to move and shrinks again where they rest.
	overlap int
	resting int
}

func newPager(c *Client, s *Stream, env map[string]any, of part) (*pager, error) {
	p := &pager{client: c, stream: s, env: env, bounds: of.bounds, recent: of.recent, first: 1, overlap: 1, most: defaultMostPages, op: "read " + s.Name}
	page := &s.Page
	if page.First != nil {
		p.first = *page.First
	}
	if page.Offset != "" {
		p.first = 0
	}
	if page.Most > 0 {
		p.most = page.Most
	}
	p.size = page.Full
	if len(page.Size) == 1 {
		value, err := page.Size[0].Value.value(env)
		if err != nil {
			return nil, err
		}
		size, err := strconv.Atoi(textOf(value))
		if err != nil || size < 1 || size > 100_000 {
			return nil, koppel.E(koppel.KindInvalidRequest, "", fmt.Sprintf("the page size %q is not a number from 1", textOf(value)))
		}
		if page.Guard && page.Offset != "" && size < 2 {
			size = 2 // one row overlaps
		}
		p.size = size
	}
	return p, nil
}

// counted reports whether the pages after one are known without reading it.
func (p *pager) counted() bool { return p.stream.Page.Number != "" || p.stream.Page.Offset != "" }

func (p *pager) guarded() bool { return p.stream.Page.Guard }

// step is the distance from one page to the next. With shift_guard on offsets
// pages overlap, which proves that no row slipped through between them.
func (p *pager) step() int {
	switch {
	case p.stream.Page.Offset == "":
		return 1
	case p.guarded():
		return p.size - p.overlap
	}
	return p.size
}

// moved widens the overlap after rows have moved.
func (p *pager) moved() {
	p.overlap, p.resting = max(1, min(4*p.overlap, p.size/2)), 0
}

// restsFor is how many pages in a row must show that nothing moved before the
// overlap is halved: each change of it wastes what was requested ahead.
const restsFor = 16

// rested narrows the overlap when rows no longer move; known is how many rows
// of the page were given before.
func (p *pager) rested(known int) {
	switch {
	case p.overlap == 1:
	case 2*known < p.overlap:
		p.moved() // it nearly was too little
	case known < p.overlap:
		p.resting = 0
	default:
		if p.resting++; p.resting >= restsFor {
			p.overlap, p.resting = max(1, p.overlap/2), 0
		}
	}
}

// envelope lists the body paths that paging needs beside the records, in the
// order in which envelopeValues finds them.
func (p *pager) envelope() []string {
	var paths []string
	for _, path := range []string{p.placeOf().Body, p.totalPath(), p.end().Body, p.end().More} {
		if path != "" {
			paths = append(paths, path)
		}
	}
	return paths
}

func (p *pager) placeOf() Place {
	switch {
	case p.stream.Page.Next != nil:
		return *p.stream.Page.Next
	case p.stream.Page.Token != nil:
		return p.stream.Page.Token.Place
	}
	return Place{}
}

func (p *pager) end() EndRule {
	if p.stream.Page.End == nil {
		return EndRule{}
	}
	return *p.stream.Page.End
}

func (p *pager) totalPath() string {
	if p.stream.Total == nil {
		return ""
	}
	return p.stream.Total.Body
}

// request makes the call of the page at a position; "" is the first page.
func (p *pager) request(at string) (call, error) {
	page := &p.stream.Page
	if page.Next != nil && at != "" {
		c, err := p.build()
		if err != nil {
			return call{}, err
		}
		c.url, err = p.client.sameHost(c.url, at)
		return c, err
	}
	if page.Token != nil && at != "" && page.Token.Alone {
		bare := p.stream.Request
		bare.Query = nil
		c, err := p.client.build(p.op, &bare, p.env)
		if err != nil {
			return call{}, err
		}
		appendQuery(c.url, page.Token.Query, at)
		return c, nil
	}
	c, err := p.build()
	if err != nil {
		return call{}, err
	}
	for _, size := range page.Size {
		appendQuery(c.url, size.Name, strconv.Itoa(p.size))
	}
	switch {
	case page.Number != "":
		appendQuery(c.url, page.Number, strconv.Itoa(p.number(at)))
	case page.Offset != "":
		appendQuery(c.url, page.Offset, strconv.Itoa(p.number(at)))
	case page.Token != nil && at != "":
		appendQuery(c.url, page.Token.Query, at)
	}
	return c, nil
}

func (p *pager) build() (call, error) {
	env := p.env
	if !p.recent.IsZero() {
		env = with(env, "window", map[string]any{"minutes": minutesSince(p.recent, p.client.now())})
	}
	return p.client.build(p.op, &p.stream.Request, env, p.bounds...)
}

// number is a position as page number or offset.
func (p *pager) number(at string) int {
	if number, err := strconv.Atoi(at); err == nil {
		return number
	}
	return p.first
}

// back moves a position towards the start: n pages, or n times the overlap.
func (p *pager) back(at string, n int) string {
	if p.stream.Page.Offset != "" {
		n *= p.overlap
	}
	return strconv.Itoa(max(p.first, p.number(at)-n))
}

// overlapping is where a resumed read starts: one step back, since rows may
// have moved while nobody was reading.
func (p *pager) overlapping(at string) string {
	if p.stream.Page.Number == "" || at == "" {
		return at // an offset overlaps anyway
	}
	return p.back(at, 1)
}

// ending is what the answer to a page says about going on.
type ending struct {
	// rule is the end rule that is met, empty to go on at next.
	rule string
	next string
	// last is the number of the last page, where the remote tells it.
	last int
}

// pageRows are the rows of a page: as they came, those not given before, and
// how many the remote says there are.
type pageRows struct {
	rows, fresh int
	total       int64
}

// after decides what follows the page at a position that held the rows.
func (p *pager) after(at string, a *answer, rows pageRows, values map[string][]byte) (ending, error) {
	page := &p.stream.Page
	switch {
	case page.Next != nil:
		return p.afterLink(at, a, values)
	case page.Token != nil:
		token := page.Token.find(a, values)
		if token == "" {
			return ending{rule: "no token for a next page"}, nil
		}
		if token == at {
			return ending{}, koppel.E(koppel.KindSchemaDrift, "", "the remote repeats the page token "+shorten(token))
		}
		return ending{next: token}, nil
	case !p.counted():
		return ending{rule: "single answer"}, nil
	}
	number := p.number(at)
	out := ending{}
	out.rule, out.last = p.counts(number, a, rows, values)
	out.next = strconv.Itoa(number + p.advance(rows.rows))
	return out, nil
}

// advance is the way to the next page. A page with fewer rows than asked for
// moves an offset by what came: the remote may cap the size, or hide rows.
func (p *pager) advance(rows int) int {
	switch {
	case p.stream.Page.Offset == "" || rows >= p.size || rows == 0:
		return p.step()
	case !p.guarded():
		return rows
	}
	return max(1, rows-p.overlap)
}

// counts applies the end rules of number and offset; last is the number of the
// last page where the remote tells it.
func (p *pager) counts(number int, a *answer, rows pageRows, values map[string][]byte) (rule string, last int) {
	end := p.end()
	switch {
	case end.Header != "" || end.Body != "":
		name := end.Header + end.Body
		pages, err := strconv.Atoi(Place{Header: end.Header, Body: end.Body}.find(a, values))
		if err != nil {
			return p.empty(rows, name), 0
		}
		last = p.first + pages - 1
		if number >= last {
			rule = fmt.Sprintf("page %d of %d (%s)", number-p.first+1, pages, name)
		}
		return rule, last
	case end.Total:
		return p.reached(number, rows), 0
	case end.More != "":
		switch string(values[end.More]) {
		case "true":
			return "", 0
		case "false":
			return end.More + " is false", 0
		}
		return p.empty(rows, end.More), 0
	case end.Short && rows.rows < p.size:
		return fmt.Sprintf("short page: %d of %d rows", rows.rows, p.size), 0
	case rows.rows == 0:
		return "empty page", 0
	}
	return "", 0
}

// reached is the end rule of a total.
func (p *pager) reached(number int, rows pageRows) string {
	if rows.total < 0 {
		return p.empty(rows, "total")
	}
	before := p.rowOf(number)
	nothing := rows.rows == 0 || p.guarded() && rows.fresh == 0
	if before+int64(rows.rows) >= rows.total || nothing && before+int64(p.size) >= rows.total {
		return fmt.Sprintf("row %d of %d", before+int64(rows.rows), rows.total)
	}
	return ""
}

// empty is the end rule when the remote does not send what the rule needs.
func (p *pager) empty(rows pageRows, missing string) string {
	switch {
	case rows.rows == 0:
		return "empty page; the remote sent no " + missing
	case p.guarded() && p.stream.Page.Offset != "" && rows.fresh == 0 && rows.rows < p.size:
		return "no rows after the last; the remote sent no " + missing
	}
	return ""
}

func (p *pager) afterLink(at string, a *answer, values map[string][]byte) (ending, error) {
	link := p.stream.Page.Next.find(a, values)
	if link == "" {
		return ending{rule: "no next link"}, nil
	}
	u, err := p.client.sameHost(a.call.url, link)
	if err != nil {
		return ending{}, err
	}
	next := withoutSecrets(p.client.redact, u)
	if next == at || next == a.call.url.String() {
		return ending{}, koppel.E(koppel.KindSchemaDrift, "", "the remote's next link leads to the same page")
	}
	return ending{next: next}, nil
}

// withoutSecrets drops parameters that carry credentials: the position is
// stored, and each request is authorized anew.
func withoutSecrets(r *redactor, u *url.URL) string {
	values := u.Query()
	dropped := false
	for name := range values {
		if r.isCredential(name) {
			values.Del(name)
			dropped = true
		}
	}
	if dropped {
		u.RawQuery = values.Encode()
	}
	return u.String()
}

// find reads the place's value from an answer; empty when it is absent or null.
func (p Place) find(a *answer, values map[string][]byte) string {
	switch {
	case p.Link != "":
		return nextLink(a.header.Values("Link"), p.Link)
	case p.Header != "":
		return a.header.Get(p.Header)
	}
	raw := values[p.Body]
	if len(raw) == 0 || string(raw) == "null" || string(raw) == "false" {
		return ""
	}
	if raw[0] == '"' {
		return string(unquote(raw[1 : len(raw)-1]))
	}
	return string(raw)
}

func shorten(text string) string {
	if len(text) > 40 {
		return text[:40] + "…"
	}
	return text
}
