package exact

import (
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/koppel-io/koppel/fakes/mischief"
	"github.com/koppel-io/koppel/fakes/standin"
)

// Site is one fake Exact Online. All methods may be called at once.
type Site struct {
	cfg  Config
	zone *time.Location

	mu        sync.Mutex
	timestamp int64 // the last row version given
	divisions []*administration

	logins logins
	limits limits
	blocks blocks
	faults mischief.Drawer[Misbehaviour]
	ledger standin.Ledger
	hooks  hooks

	closed    chan struct{}
	closeOnce sync.Once
}

// firstTimestamp is a row version that an old site has long passed.
const firstTimestamp = 8_300_000

// New makes a site. It refuses a Config that cannot be, naming every field
// that is wrong.
func New(cfg Config) (*Site, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("exact: %w", err)
	}
	zone, err := time.LoadLocation(cfg.Zone)
	if err != nil {
		return nil, fmt.Errorf("exact: zone %q: %w", cfg.Zone, err)
	}
	s := &Site{cfg: cfg, zone: zone, timestamp: firstTimestamp, closed: make(chan struct{})}
	s.logins.init(cfg)
	s.limits.init(cfg)
	s.blocks.init(cfg)
	s.faults.Init(cfg.Seed)
	s.faults.Replace(cfg.Misbehaviour, cfg.Misbehaviour.DelayMS, cfg.Misbehaviour.Faults)
	for i := range cfg.Divisions {
		s.divisions = append(s.divisions, s.newAdministration(i))
	}
	s.hooks.init(s)
	return s, nil
}

// Close lets go of requests that hang and ends the delivery of webhooks.
func (s *Site) Close() error {
	s.closeOnce.Do(func() {
		close(s.closed)
		s.hooks.wait()
	})
	return nil
}

// Division is the code of the n-th administration, from 0.
func (s *Site) Division(n int) int { return s.divisions[n].code }

// division finds an administration by its code; nil when there is none.
func (s *Site) division(code int) *administration {
	for _, a := range s.divisions {
		if a.code == code {
			return a
		}
	}
	return nil
}

// wall is the site's clock as dates are written: the local time as if it were
// UTC, in whole seconds.
func (s *Site) wall() date { return s.wallOf(s.cfg.Now()) }

func (s *Site) wallOf(t time.Time) date {
	_, offset := t.In(s.zone).Zone()
	return date((t.Unix() + int64(offset)) * 1000)
}

// today is the present day at midnight, as dates without time are written.
func (s *Site) today() date { return s.wall() / dayMS * dayMS }

// day is a date in milliseconds.
const dayMS date = 24 * 3600 * 1000

// client delivers webhooks: nobody redirects a webhook.
func newClient() *http.Client {
	return &http.Client{Timeout: 10 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}
