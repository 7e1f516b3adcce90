package picqer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
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

	faults     faults
	ledger     ledger
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
	a.faults.init(cfg.Seed, cfg.Misbehaviour)
	a.ledger.init()
	a.generate()
	return a, nil
}

// Close ends deliveries and waiting requests.
func (a *Account) Close() {
	a.closeOnce.Do(func() { close(a.closed) })
	a.deliveries.wait.Wait()
}

// Serve listens on addr (port 0 takes a free one) and answers until ctx ends.
func (a *Account) Serve(ctx context.Context, addr string) error {
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("picqer: listen on %s: %w", addr, err)
	}
	return a.ServeListener(ctx, ln)
}

// ServeListener is Serve on a listener that is open already; it closes it.
func (a *Account) ServeListener(ctx context.Context, ln net.Listener) error {
	srv := &http.Server{
		Handler: a.Handler(), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 64 << 10,
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError), // dropped connections are its business
	}
	done := make(chan error, 1)
	go func() { done <- srv.Serve(ln) }()
	select {
	case err := <-done:
		a.Close()
		return fmt.Errorf("picqer: serve: %w", err)
	case <-ctx.Done():
	}
	a.Close()
	stop, end := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer end()
	var err error
	if srv.Shutdown(stop) != nil {
		err = srv.Close()
	}
	if served := <-done; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	if err != nil {
		return fmt.Errorf("picqer: stop: %w", err)
	}
	return nil
}

func (a *Account) now() stamp { return stamp{a.cfg.Now().In(a.zone).Truncate(time.Second)} }

func (a *Account) lineID() int64 {
	a.lines++
	return a.lines
}
