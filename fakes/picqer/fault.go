package picqer

import (
	"math/rand/v2"
	"net/http"
	"strconv"
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

func (f *faults) init(seed uint64, m Misbehaviour) {
	f.rng = rand.New(rand.NewPCG(seed, 0x706963))
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

// draw decides about one request to a path below Base; nil is no fault.
func (f *faults) draw(method, path string) (*Fault, time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delay := time.Duration(f.set.DelayMS) * time.Millisecond
	u := f.rng.Float64()
	for k := range f.set.Faults {
		rule := f.set.Faults[k]
		if !rule.matches(method, path) {
			continue
		}
		f.seen[k]++
		if f.seen[k] <= rule.Skip || rule.Times > 0 && f.times[k] >= rule.Times {
			continue
		}
		share := rule.Share
		if share == 0 {
			share = 1
		}
		if u >= share {
			u -= share
			continue
		}
		f.times[k]++
		if rule.Kind == Latency {
			delay += time.Duration(rule.DelayMS) * time.Millisecond
		}
		return &rule, delay
	}
	return nil, delay
}

// chance draws true for a share of the calls.
func (f *faults) chance(share float64) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return share > 0 && f.rng.Float64() < share
}

// pause waits d; false when the client left first or the account closed.
func (a *Account) pause(done <-chan struct{}, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-done:
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
	a.pause(r.Context().Done(), d)
	panic(http.ErrAbortHandler)
}

// spoilBefore is the answer of a fault that lets nothing happen.
func spoilBefore(f *Fault) answer {
	switch f.Kind {
	case RateLimit:
		return tooMany()
	case Unauthorized:
		return refuse(http.StatusUnauthorized, 1, "Invalid API key")
	}
	return serverError(f.Status)
}

func serverError(status int) answer {
	if status == 0 {
		status = http.StatusInternalServerError
	}
	if status == http.StatusInternalServerError {
		return refuse(status, 99, "Something went wrong on our side")
	}
	page := strconv.Itoa(status) + " " + http.StatusText(status)
	return answer{status: status, ctype: "text/html", body: []byte("<html><head><title>" + page + "</title></head><body><center><h1>" + page + "</h1></center></body></html>\n")}
}

// cut promises a whole body and sends half of it.
func cut(w http.ResponseWriter, a answer) {
	for k, v := range a.header {
		w.Header()[k] = v
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	w.WriteHeader(a.status)
	// The connection is dropped next, whatever these two could tell.
	_, _ = w.Write(a.body[:len(a.body)/2])
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}
