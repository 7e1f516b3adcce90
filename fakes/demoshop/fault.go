package demoshop

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
}

func (f *faults) init(seed uint64, m Misbehaviour) {
	f.rng = rand.New(rand.NewPCG(seed, 0x6b6f70))
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

func (f *faults) mutation() Mutation { return f.misbehaviour().Mutation }

// draw decides about one request to a path below Base.
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
func (s *Shop) pause(r *http.Request, d time.Duration) bool {
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
func (s *Shop) hang(r *http.Request, f *Fault) {
	d := 2 * time.Minute
	if f.DelayMS > 0 {
		d = time.Duration(f.DelayMS) * time.Millisecond
	}
	s.pause(r, d)
	panic(http.ErrAbortHandler)
}

// spoilBefore is the answer of a fault that lets nothing happen.
func (s *Shop) spoilBefore(r *http.Request, f *Fault) answer {
	var a answer
	switch f.Kind {
	case RateLimit:
		a = htmlPage(http.StatusTooManyRequests, "429 Too Many Requests")
	case Unauthorized:
		a = *cannot(r)
		a.header = http.Header{"Link": {"<" + origin(r) + `/wp-json/>; rel="https://api.w.org/"`}, "Vary": {"Origin"}}
	case Challenge:
		status := f.Status
		if status == 0 {
			status = http.StatusForbidden
		}
		a = answer{status: status, ctype: "text/html; charset=UTF-8", body: []byte(challengePage)}
	default:
		a = serverError(f.Status)
	}
	if f.RetryAfter > 0 {
		a.header = http.Header{"Retry-After": {strconv.Itoa(f.RetryAfter)}}
	}
	return a
}

// serverError is a PHP fatal error for 500, a page of the web server before
// PHP for the others.
func serverError(status int) answer {
	if status == 0 || status == http.StatusInternalServerError {
		return answer{status: http.StatusInternalServerError, body: []byte(`{"code":"internal_server_error","message":"<p>There has been a critical error on this website.<\/p>","data":{"status":500},"additional_errors":[]}`)}
	}
	return htmlPage(status, strconv.Itoa(status)+" "+http.StatusText(status))
}

func htmlPage(status int, title string) answer {
	return answer{status: status, ctype: "text/html", body: []byte("<html>\r\n<head><title>" + title + "</title></head>\r\n<body>\r\n<center><h1>" + title + "</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n")}
}

const challengePage = `<!DOCTYPE html><html lang="en-US"><head><title>Just a moment...</title><meta name="robots" content="noindex,nofollow"></head><body><h1>Checking if the site connection is secure</h1><p>Enable JavaScript and cookies to continue</p></body></html>`

// spoilAfter answers what was done already, badly.
func (s *Shop) spoilAfter(w http.ResponseWriter, r *http.Request, rt route, a answer, f *Fault) {
	count := func(status int) { s.ledger.request(r, rt.pattern, status, a.effect, string(f.Kind), s.cfg.Now()) }
	switch f.Kind {
	case ErrorAfter:
		bad := serverError(f.Status)
		count(bad.status)
		bad.write(w)
	case HangAfter:
		count(0)
		s.hang(r, f)
	case Truncate:
		count(a.status)
		cut(w, a, f.Cut)
	case Notice:
		a.body = append([]byte("<br />\n<b>Notice</b>:  Undefined index: sku in <b>/srv/shop/plugin.php</b> on line <b>12</b><br />\n"), a.body...)
		count(a.status)
		a.write(w)
	case Garbage:
		a.body = breakRecord(a.body)
		count(a.status)
		a.write(w)
	default: // Latency and RepeatPage have had their effect.
		count(a.status)
		a.write(w)
	}
}

// cut sends the first half of a body.
func cut(w http.ResponseWriter, a answer, how string) {
	half := a.body[:len(a.body)/2]
	switch how {
	case "json":
		a.body = half
		a.write(w)
	case "length":
		a.write(halfWriter{w})
		panic(http.ErrAbortHandler)
	default:
		w.Header().Set("Content-Type", jsonType)
		for k, v := range a.header {
			w.Header()[k] = v
		}
		w.WriteHeader(a.status)
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

// breakRecord doubles a key of the last record, which JSON readers that care
// refuse, and puts a byte that is no UTF-8 into its value.
func breakRecord(body []byte) []byte {
	k := bytes.LastIndex(body, []byte(`{"id":`))
	if k < 0 {
		return body
	}
	b := append([]byte(nil), body[:k]...)
	b = append(b, "{\"name\":\"\xff\",\"name\":\"twice\","...)
	return append(b, body[k+1:]...)
}
