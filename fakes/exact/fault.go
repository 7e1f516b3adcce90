package exact

import (
	"bytes"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// faults draws what happens to a request.
type faults struct {
	mu    sync.Mutex
	rng   *rand.Rand
	set   Misbehaviour
	seen  []int // requests that matched, by fault
	times []int // how often each struck
}

// hit is one draw.
type hit struct {
	rule  *Fault
	delay time.Duration
	cut   bool // the page says that it is the last
	keep  int  // one row of so many is shown; 0 all, -1 none
}

// thin leaves out the rows that a fault hides.
func (h hit) thin(rows []*row) []*row {
	if h.keep == 0 {
		return rows
	}
	var kept []*row
	for i, r := range rows {
		if h.keep > 0 && i%h.keep == 0 {
			kept = append(kept, r)
		}
	}
	return kept
}

func (f *faults) init(seed uint64, m Misbehaviour) {
	f.rng = rand.New(rand.NewPCG(seed, 0x6578616374))
	f.replace(m)
}

func (f *faults) replace(m Misbehaviour) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.set, f.seen, f.times = m, make([]int, len(m.Faults)), make([]int, len(m.Faults))
}

func (f *faults) misbehaviour() Misbehaviour {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.set
}

// happens draws whether something of a share happens.
func (f *faults) happens(share float64) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.rng.Float64() < share
}

// draw decides about one request.
func (f *faults) draw(method, path string) hit {
	f.mu.Lock()
	defer f.mu.Unlock()
	h := hit{delay: time.Duration(f.set.DelayMS) * time.Millisecond}
	u := f.rng.Float64()
	for k := range f.set.Faults {
		r := f.set.Faults[k]
		if r.Method != "" && !strings.EqualFold(r.Method, method) || !strings.Contains(path, r.Path) {
			continue
		}
		f.seen[k]++
		if f.seen[k] <= r.Skip || r.Times > 0 && f.times[k] >= r.Times {
			continue
		}
		share := r.Share
		if share == 0 {
			share = 1
		}
		if u >= share {
			u -= share
			continue
		}
		f.times[k]++
		h.rule = &r
		h.strike(&r)
		break
	}
	return h
}

func (h *hit) strike(r *Fault) {
	switch r.Kind {
	case Latency:
		h.delay += time.Duration(r.DelayMS) * time.Millisecond
	case CutScan:
		h.cut = true
	case EmptyScan:
		h.cut, h.keep = true, -1
	case TenthScan:
		h.keep = 10
	}
}

// pause waits d; false when the client left first.
func (s *Site) pause(r *http.Request, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-r.Context().Done():
	case <-s.closed:
	}
	return false
}

// hang keeps the client waiting, then drops the connection without an answer.
func (s *Site) hang(r *http.Request, f *Fault) {
	d := 2 * time.Minute
	if f.DelayMS > 0 {
		d = f.delay()
	}
	s.pause(r, d)
	panic(http.ErrAbortHandler)
}

// serverError is a plain error for most statuses, a page for people while the
// site is maintained.
func serverError(status int) answer {
	switch status {
	case http.StatusServiceUnavailable:
		return htmlPage(status, "Exact Online is being maintained")
	case 0:
		status = http.StatusInternalServerError
	}
	return failure(status, http.StatusText(status))
}

// spoil answers what was done already, badly.
func (s *Site) spoil(w http.ResponseWriter, c *call, a answer) {
	f := c.fault.rule
	count := func(status int) { s.ledger.request(c, status, a.effect, string(f.Kind), s.cfg.Now()) }
	switch f.Kind {
	case ErrorAfter:
		bad := serverError(f.Status)
		count(bad.status)
		bad.write(w)
	case HangAfter:
		count(0)
		s.hang(c.r, f)
	case Truncate:
		count(a.status)
		half := a.body[:len(a.body)/2]
		if f.Cut != "length" {
			a.body = half
			a.write(w)
			return
		}
		w.Header().Set("Content-Type", a.ctype)
		w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
		w.WriteHeader(a.status)
		// The connection is dropped next, whatever these two could tell.
		_, _ = w.Write(half)
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	default:
		a.body = breakRecord(a.body)
		count(a.status)
		a.write(w)
	}
}

// breakRecord doubles a key of the last record and puts a byte that is no
// UTF-8 into its value.
func breakRecord(body []byte) []byte {
	k := bytes.LastIndex(body, []byte(`{"__metadata":`))
	if k < 0 {
		return body
	}
	b := append([]byte(nil), body[:k]...)
	b = append(b, "{\"Notes\":\"\xff\",\"Notes\":\"twice\","...)
	return append(b, body[k+1:]...)
}
