package bol

import (
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
}

func (f *faults) init(seed uint64, m Misbehaviour) {
	f.rng = rand.New(rand.NewPCG(seed, 0x626f6c))
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

// draw decides about one request.
func (f *faults) draw(method, path string) hit {
	f.mu.Lock()
	defer f.mu.Unlock()
	h := hit{delay: time.Duration(f.set.DelayMS) * time.Millisecond}
	u := f.rng.Float64()
	for k := range f.set.Faults {
		r := &f.set.Faults[k]
		if r.Method != "" && !strings.EqualFold(r.Method, method) || !strings.HasPrefix(path, r.Path) {
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
		copied := *r
		if r.Kind == Latency {
			h.delay += time.Duration(r.DelayMS) * time.Millisecond
		}
		if copied.Cut == "" {
			copied.Cut = [...]string{"length", "chunk", "json"}[f.rng.IntN(3)]
		}
		h.rule = &copied
		break
	}
	return h
}

// pause waits d; false when the client left first.
func (a *Account) pause(r *http.Request, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-r.Context().Done():
	case <-a.closed:
	}
	return false
}

// hang keeps the client waiting, then drops the connection without an answer.
func (a *Account) hang(r *http.Request, f *Fault) {
	d := 2 * time.Minute
	if f.DelayMS > 0 {
		d = time.Duration(f.DelayMS) * time.Millisecond
	}
	a.pause(r, d)
	panic(http.ErrAbortHandler)
}

// spoilBefore is the answer of a fault that lets nothing happen.
func (a *Account) spoilBefore(f *Fault) answer {
	var an answer
	switch f.Kind {
	case RateLimit:
		an = tooMany(max(f.RetryAfter, 1))
	case Unauthorized:
		an = problem(http.StatusUnauthorized, "Expired JWT", "JWT expired at "+a.cfg.Now().UTC().Format(time.RFC3339))
	case Challenge:
		an = htmlPage(orStatus(f.Status, http.StatusForbidden), "Just a moment...")
	default:
		an = serverError(f.Status)
	}
	if f.RetryAfter > 0 {
		an.header = http.Header{"Retry-After": {strconv.Itoa(f.RetryAfter)}}
	}
	return an
}

func orStatus(status, def int) int {
	if status == 0 {
		return def
	}
	return status
}

// serverError is a problem for 500, a page of the gateway for the others.
func serverError(status int) answer {
	if status = orStatus(status, http.StatusInternalServerError); status == http.StatusInternalServerError {
		return problem(status, "Internal Server Error", "An unexpected error occurred.")
	}
	return htmlPage(status, strconv.Itoa(status)+" "+http.StatusText(status))
}

func htmlPage(status int, title string) answer {
	return answer{status: status, ctype: "text/html", body: []byte("<html>\r\n<head><title>" + title + "</title></head>\r\n<body>\r\n<center><h1>" + title + "</h1></center>\r\n</body>\r\n</html>\r\n")}
}

// spoilAfter answers what was done already, badly.
func (a *Account) spoilAfter(w http.ResponseWriter, c *call, rt route, an answer, f *Fault) {
	count := func(status int) { a.ledger.request(c, rt, status, an.effect, string(f.Kind)) }
	switch f.Kind {
	case ErrorAfter:
		bad := serverError(f.Status)
		count(bad.status)
		bad.write(w)
	case HangAfter:
		count(0)
		a.hang(c.r, f)
	case Truncate:
		count(an.status)
		cut(w, an, f.Cut)
	default: // The others have had their effect.
		count(an.status)
		an.write(w)
	}
}

// cut sends the first half of a body.
func cut(w http.ResponseWriter, an answer, how string) {
	half := an.body[:len(an.body)/2]
	switch how {
	case "json":
		an.body = half
		an.write(w)
	case "length":
		an.write(halfWriter{w})
		panic(http.ErrAbortHandler)
	default:
		w.Header().Set("Content-Type", jsonType)
		for k, v := range an.header {
			w.Header()[k] = v
		}
		w.WriteHeader(an.status)
		// The connection is dropped next, whatever these two could tell.
		_, _ = w.Write(half)
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
}

// halfWriter lets the headers promise a whole body and sends half of it.
type halfWriter struct{ http.ResponseWriter }

// Write sends the first half of b.
func (h halfWriter) Write(b []byte) (int, error) {
	n, err := h.ResponseWriter.Write(b[:len(b)/2])
	if err == nil {
		err = http.NewResponseController(h.ResponseWriter).Flush()
	}
	return n, err
}
