package picqer

import (
	"context"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/koppel-io/koppel/fakes/mischief"
	"github.com/koppel-io/koppel/fakes/standin"
)

// Account is one fake account. All methods may be called at once.
type Account struct {
	cfg  Config
	zone *time.Location

	mu             sync.Mutex
	products       table[product]
	parts          map[int64][]part // by composed product
	suppliers      table[supplier]
	warehouses     []warehouse
	orders         table[order]
	purchaseOrders table[purchaseOrder]
	receipts       table[receipt]
	history        table[movement]
	hooks          table[hook]
	lines          int64 // ids given to lines of any kind
	windows        map[string]window

	faults     mischief.Drawer[Misbehaviour]
	ledger     standin.Ledger
	deliveries deliveries
	closed     chan struct{}
	closeOnce  sync.Once
}

// New makes an account. It refuses a Config that cannot be, naming every field
// that is wrong.
func New(cfg Config) (*Account, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("picqer: %w", err)
	}
	zone, err := time.LoadLocation(cfg.Zone)
	if err != nil {
		return nil, fmt.Errorf("picqer: zone %q: %w", cfg.Zone, err)
	}
	a := &Account{cfg: cfg, zone: zone, parts: map[int64][]part{}, windows: map[string]window{}, closed: make(chan struct{})}
	a.faults.Init(cfg.Seed)
	a.faults.Replace(cfg.Misbehaviour, cfg.Misbehaviour.DelayMS, cfg.Misbehaviour.Faults)
	a.generate()
	return a, nil
}

// Close ends deliveries and waiting requests.
func (a *Account) Close() {
	a.closeOnce.Do(func() { close(a.closed) })
	a.deliveries.wait.Wait()
}

func (a *Account) server() standin.Server {
	return standin.Server{Name: "picqer", Handler: a.Handler(), Close: func() error { a.Close(); return nil }}
}

// Serve listens on addr (port 0 takes a free one) and answers until ctx ends.
func (a *Account) Serve(ctx context.Context, addr string) error { return a.server().Listen(ctx, addr) }

// ServeListener is Serve on a listener that is open already; it closes it.
func (a *Account) ServeListener(ctx context.Context, ln net.Listener) error {
	return a.server().Serve(ctx, ln)
}

func (a *Account) now() stamp { return stamp{a.cfg.Now().In(a.zone).Truncate(time.Second)} }

func (a *Account) lineID() int64 {
	a.lines++
	return a.lines
}
