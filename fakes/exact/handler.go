package exact

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/koppel-io/koppel/fakes/mischief"
	"github.com/koppel-io/koppel/fakes/standin"
)

// Base is the path the API stands under.
const Base = "/api/v1"

// maxBody bounds a request body.
const maxBody = 8 << 20

// call is one request on its way through the site.
type call struct {
	r        *http.Request
	query    url.Values
	body     []byte
	admin    *administration // nil for current/Me
	endpoint *endpoint       // nil where the path is none
	path     string          // below the administration, without the key
	key      string          // of Entity(guid'…')
	grant    *grant
	fault    mischief.Hit
}

// Handler is the whole site: login and API under /api, and the fake's own
// endpoints under /_fake, for loopback callers only and without a token.
func (s *Site) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/_fake/") {
			standin.Local(w, r, s.serveAdmin)
			return
		}
		s.serve(w, r)
	})
}

func (s *Site) serve(w http.ResponseWriter, r *http.Request) {
	c := &call{r: r, query: r.URL.Query()}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			s.finish(w, c, failure(http.StatusRequestEntityTooLarge, "The request is too large."))
		}
		return
	}
	c.body = body
	c.fault = s.faults.Draw(r.Method, r.URL.Path)
	if !mischief.Pause(r.Context(), s.closed, c.fault.Delay) {
		s.note(c, 0, "")
		return
	}
	if c.fault.Rule != nil && c.fault.Rule.Before() {
		s.finishBefore(w, c)
		return
	}
	s.finish(w, c, s.answer(c))
}

// answer does what a request asks.
func (s *Site) answer(c *call) answer {
	switch c.r.Method + " " + c.r.URL.Path {
	case "GET /api/oauth2/auth":
		return s.authorise(c)
	case "POST /api/oauth2/token":
		return s.token(c)
	}
	rest, ok := strings.CutPrefix(c.r.URL.Path, Base+"/")
	if !ok {
		return answer{status: http.StatusNotFound, ctype: "text/html", body: []byte("<html><body><h1>404</h1></body></html>")}
	}
	if bad := s.bearer(c); bad != nil {
		return *bad
	}
	if rest == "current/Me" {
		c.path = rest
		return s.limited(c, 0, s.me)
	}
	number, path, _ := strings.Cut(rest, "/")
	code, err := strconv.Atoi(number)
	c.path, c.key = splitKey(path)
	c.admin = s.division(code)
	if err != nil || c.admin == nil || !c.grant.sees(code) {
		return failure(http.StatusForbidden, "You have no access to this division.")
	}
	return s.limited(c, code, s.inDivision)
}

var keyed = regexp.MustCompile(`^(.*)\(guid'([0-9a-fA-F-]{36})'\)$`)

// splitKey takes the key off a path.
func splitKey(path string) (string, string) {
	if m := keyed.FindStringSubmatch(path); m != nil {
		return m[1], strings.ToLower(m[2])
	}
	return path, ""
}

// limited holds the budgets around do, and tells them in the headers.
func (s *Site) limited(c *call, division int, do func(*call) answer) answer {
	now := s.cfg.Now()
	budget, ok := s.limits.take(division, now)
	if !ok {
		a := failure(http.StatusTooManyRequests, "Too many requests. Please try again later.")
		budget.tell(&a)
		return a
	}
	var a answer
	at := blockKey{c.grant.user, division, c.path}
	if s.blocks.blocked(at, now) {
		a = failure(http.StatusForbidden, "Access to this endpoint is blocked for this app because of too many errors.")
	} else {
		a = s.locked(c, do)
		s.blocks.count(at, a.status, now)
	}
	budget.tell(&a)
	return a
}

// locked does under the lock what needs it.
func (s *Site) locked(c *call, do func(*call) answer) answer {
	if bad := s.checkCallback(c); bad != nil {
		return *bad
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if f := c.fault.Rule; f != nil && f.Kind == Drift && c.admin != nil {
		c.admin.mutate(max(f.Changes, 1))
	}
	return do(c)
}

// inDivision answers a request to an administration; the lock is held.
func (s *Site) inDivision(c *call) answer {
	switch c.path {
	case "read/logistics/StockPosition":
		return s.readStock(c)
	case "read/sync/Sync/SyncTimestamp":
		return s.readTimestamp(c)
	}
	c.endpoint = endpoints[c.path]
	if c.endpoint == nil {
		return failure(http.StatusNotFound, "Resource not found for the segment '"+c.path[strings.LastIndexByte(c.path, '/')+1:]+"'.")
	}
	if module := c.endpoint.entity.module; module != "" && s.lacks(module) {
		return failure(http.StatusForbidden, "Forbidden")
	}
	switch {
	case c.r.Method == http.MethodGet && c.key != "":
		return s.single(c)
	case c.r.Method == http.MethodGet:
		return s.list(c)
	case c.endpoint.style != ordinary || !c.endpoint.entity.writable:
		return failure(http.StatusMethodNotAllowed, "The method is not allowed on this resource.")
	}
	return s.write(c)
}

func (s *Site) lacks(module string) bool {
	for _, name := range s.cfg.Without {
		if name == module {
			return true
		}
	}
	return false
}

// finish answers, spoiled by a fault after the effect if there is one, and
// counts the request.
func (s *Site) finish(w http.ResponseWriter, c *call, a answer) {
	if spoils(c.fault.Kind()) {
		s.spoil(w, c, a)
		return
	}
	s.note(c, a.status, a.effect)
	a.write(w)
}

func (s *Site) finishBefore(w http.ResponseWriter, c *call) {
	f := c.fault.Rule
	if f.Hangs() {
		s.note(c, 0, "")
		mischief.Hang(c.r, s.closed, f)
	}
	a := serverError(f.Status)
	if f.Kind == RateLimit {
		a = failure(http.StatusTooManyRequests, "Too many requests. Please try again later.")
		s.limits.full(f.Limit, f.Delay(time.Second), s.cfg.Now()).tell(&a)
	}
	s.note(c, a.status, "")
	a.write(w)
}
