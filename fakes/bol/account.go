package bol

import (
	"crypto/rand"
	"fmt"
	"sync"
	"time"

	// The zone of the order days must be known on every machine.
	_ "time/tzdata"

	"github.com/koppel-io/koppel/fakes/mischief"
)

// Account is one fake seller's account. All methods may be called at once.
type Account struct {
	cfg  Config
	zone *time.Location
	// signing key of the tokens
	secret [32]byte

	mu             sync.Mutex
	offers         []*offer
	offerByID      map[string]*offer
	offersMade     int
	orders         []*order // by time of placing
	orderByID      map[string]*order
	shipments      []*shipment
	replenishments []*replenishment
	processes      []*process
	pending        []*process // not yet carried out, by time
	reports        map[string][]byte
	subscriptions  []*subscription
	keys           []signatureKey
	keysMade       int
	nextID         int64
	tokenEpoch     int // tokens of an earlier one are taken no more

	buckets buckets
	faults  mischief.Drawer[Misbehaviour]
	ledger  ledger
	events  events
	closed  chan struct{}
	once    sync.Once
}

// New makes an account. It refuses a Config that cannot be, naming every field
// that is wrong.
func New(cfg Config) (*Account, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("bol: %w", err)
	}
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		return nil, fmt.Errorf("bol: %w", err)
	}
	a := &Account{
		cfg: cfg, zone: zone, offerByID: map[string]*offer{}, orderByID: map[string]*order{},
		reports: map[string][]byte{}, nextID: 6_107_434_013, closed: make(chan struct{}),
	}
	if _, err := rand.Read(a.secret[:]); err != nil {
		return nil, fmt.Errorf("bol: key of the tokens: %w", err)
	}
	a.buckets.init(cfg)
	a.faults.Init(cfg.Seed)
	a.faults.Replace(cfg.Misbehaviour, cfg.Misbehaviour.DelayMS, cfg.Misbehaviour.Faults)
	a.events.init()
	a.stock()
	return a, nil
}

// stock makes the offers and orders of the start.
func (a *Account) stock() {
	for range a.cfg.Offers {
		a.newOffer("")
	}
	now := a.cfg.Now()
	span := time.Duration(a.cfg.Days) * 24 * time.Hour
	for k := range a.cfg.Orders {
		age := span - span*time.Duration(k)/time.Duration(a.cfg.Orders)
		a.generateOrder(k, now.Add(-age).Truncate(time.Second))
	}
}

// Close lets go of requests that hang and ends the delivery of events.
func (a *Account) Close() { a.once.Do(func() { close(a.closed) }) }

// id is the next number, as text.
func (a *Account) id() string {
	a.nextID += 7
	return fmt.Sprint(a.nextID)
}

// oldest is the time before which orders and shipments cannot be read.
func (a *Account) oldest() time.Time { return a.cfg.Now().In(a.zone).AddDate(0, -3, 0) }
