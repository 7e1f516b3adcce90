package demoshop

import (
	"net/http"
	"strconv"
	"sync"
)

// page answers a list request: it checks the query, selects under the read
// lock and renders. extra are parameters that the Link header gains.
func (s *Shop) page(c *call, extra func(*listing) []string, choose func(*listing) (int, []ref), write func([]byte, ref) []byte) answer {
	l, errs := s.parseListing(c.query)
	if len(errs) > 0 {
		return invalidParams(errs)
	}
	l.repeat = c.repeat
	if c.fault == Unfiltered {
		l.modified = bounds{}
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	total, refs := choose(l)
	if len(l.include) == 0 {
		total, refs = l.shorten(c.fault, total, refs)
	}
	body := s.pages.get(s, c, func() []byte { return renderPage(l, refs, s, write) })
	var more []string
	if extra != nil {
		more = extra(l)
	}
	return answer{
		status: http.StatusOK, body: body, total: total, per: l.per,
		link: pageLink(origin(c.r)+c.r.URL.EscapedPath(), c.r.URL.RawQuery, l, total, more),
	}
}

// shorten makes a list lie about how much there is; rows that are asked for by their ids are told all the same.
func (l *listing) shorten(fault FaultKind, total int, refs []ref) (int, []ref) {
	switch fault {
	case EmptyList:
		return 0, nil
	case TenthList:
		from, _ := l.window(total)
		total = (total + 9) / 10
		return total, refs[:max(0, min(len(refs), total-from))]
	case LowTotal:
		return max(0, total-2-total/50), refs
	}
	return total, refs
}

func renderPage(l *listing, refs []ref, s *Shop, write func([]byte, ref) []byte) []byte {
	size := 2200
	switch {
	case l.fields != nil:
		size = 64
	case s.cfg.Slim:
		size = 1000
	}
	b := make([]byte, 0, 2+len(refs)*size)
	var scratch []byte
	b = append(b, '[')
	for k, r := range refs {
		if k > 0 {
			b = append(b, ',')
		}
		if l.fields == nil {
			b = write(b, r)
			continue
		}
		scratch = write(scratch[:0], r)
		b = l.fields.keep(b, scratch)
	}
	return append(b, ']')
}

// one answers a single item, cut to _fields.
func (s *Shop) one(c *call, body []byte) answer {
	if f := list(c.query, "_fields"); len(f) > 0 {
		body = parseFields(f).keep(nil, body)
	}
	return answer{status: http.StatusOK, body: body}
}

// pageCache keeps rendered pages until the shop changes, where the Config asks
// for it. Nothing else is bounded by it: it holds what the caller reads.
type pageCache struct {
	mu       sync.Mutex
	revision uint64
	bodies   map[string][]byte
}

func (p *pageCache) get(s *Shop, c *call, render func() []byte) []byte {
	if !s.cfg.CachePages {
		return render()
	}
	key := c.r.URL.Path + "?" + withoutKey(c.r.URL.RawQuery) + strconv.FormatBool(c.repeat) + string(c.fault)
	p.mu.Lock()
	if p.bodies == nil || p.revision != s.revision {
		p.bodies, p.revision = map[string][]byte{}, s.revision
	}
	body, ok := p.bodies[key]
	p.mu.Unlock()
	if ok {
		return body
	}
	body = render()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.revision == s.revision {
		p.bodies[key] = body
	}
	return body
}
