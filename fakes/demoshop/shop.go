package demoshop

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/koppel-io/koppel/fakes/mischief"
	"github.com/koppel-io/koppel/fakes/standin"
)

// Shop is one fake shop. All methods may be called at once.
type Shop struct {
	cfg     Config
	version version
	zone    zone
	layout  layout
	site    string // SiteURL as it stands inside a JSON string

	mu         sync.RWMutex
	revision   uint64 // raised by every change, for cached selections
	issued     int    // products ever made
	changed    map[ref]state
	custom     map[ref]custom
	skus       map[string]ref // SKUs that are not the generated ones
	hidden     holes          // products that are not listed
	hiddenVars holes          // variations that are not listed
	offers     offers
	orders     orders
	buys       purchaseOrders
	journal    *os.File
	replayAt   int64 // the time of the entry being replayed, else 0

	selections selections
	pages      pageCache
	nonces     nonces
	faults     mischief.Drawer[Misbehaviour]
	ledger     standin.Ledger
	volatile   atomic.Uint64
	closed     chan struct{}
	closeOnce  sync.Once
}

// New makes a shop. It refuses a Config that cannot be, naming every field
// that is wrong, and a journal that cannot be read.
func New(cfg Config) (*Shop, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("demoshop: %w", err)
	}
	loc, err := time.LoadLocation(cfg.ShopZone)
	if err != nil {
		return nil, fmt.Errorf("demoshop: shop zone %q: %w", cfg.ShopZone, err)
	}
	v, err := parseVersion(cfg.Version)
	if err != nil {
		return nil, fmt.Errorf("demoshop: %w", err)
	}
	s := &Shop{
		cfg: cfg, version: v, zone: zone{loc},
		layout: layout{products: cfg.Products, every: cfg.VariableEvery, per: cfg.Variations, gapEvery: cfg.IDGaps, big: cfg.BigIDs},
		site:   strings.ReplaceAll(strings.TrimSuffix(cfg.SiteURL, "/"), "/", `\/`),
		issued: cfg.Products, changed: map[ref]state{}, custom: map[ref]custom{}, skus: map[string]ref{},
		closed: make(chan struct{}),
	}
	s.offers.init(s)
	s.orders.init(cfg)
	s.faults.Init(cfg.Seed)
	s.faults.Replace(cfg.Misbehaviour, cfg.Misbehaviour.DelayMS, cfg.Misbehaviour.Faults)
	if cfg.Journal != "" {
		if err := s.openJournal(cfg.Journal); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// Close lets go of requests that hang and closes the journal.
func (s *Shop) Close() error {
	var err error
	s.closeOnce.Do(func() {
		close(s.closed)
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.journal != nil {
			err = s.journal.Close()
			s.journal = nil
		}
	})
	return err
}

// Run changes the shop as its Misbehaviour says, until ctx ends.
func (s *Shop) Run(ctx context.Context) {
	const tick = 500 * time.Millisecond
	t := time.NewTicker(tick)
	defer t.Stop()
	owed := 0.0
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.closed:
			return
		case <-t.C:
		}
		owed += s.faults.Set().Mutation.PerSecond * float64(s.size()) * tick.Seconds()
		if n := int(owed); n > 0 {
			owed -= float64(n)
			s.Mutate(n)
		}
	}
}

// size is the number of listed products.
func (s *Shop) size() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.issued - len(s.hidden.at)
}

func (s *Shop) now() int64 {
	if s.replayAt != 0 {
		return s.replayAt
	}
	return s.cfg.Now().Unix()
}
