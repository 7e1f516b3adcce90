package picqer

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os/signal"
	"syscall"
)

// Main runs an account as a process of its own until it is interrupted. Once
// it listens it prints one JSON line {"url":…,"base":…} on stdout. Errors name
// the flag that is wrong; -h prints the flags on stdout.
func Main(args []string, stdout io.Writer) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	return run(ctx, args, stdout)
}

func run(ctx context.Context, args []string, stdout io.Writer) error {
	cfg, addr, err := parseFlags(args, stdout)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	a, err := New(cfg)
	if err != nil {
		return err
	}
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		a.Close()
		return fmt.Errorf("picqer: --addr: %w", err)
	}
	url := "http://" + ln.Addr().String()
	if err := json.NewEncoder(stdout).Encode(map[string]string{"url": url, "base": url + Base}); err != nil {
		a.Close()
		return errors.Join(fmt.Errorf("picqer: %w", err), ln.Close())
	}
	return a.ServeListener(ctx, ln)
}

func parseFlags(args []string, stdout io.Writer) (Config, string, error) {
	var cfg Config
	f := flag.NewFlagSet("picqer", flag.ContinueOnError)
	f.SetOutput(stdout)
	addr := f.String("addr", "127.0.0.1:8096", "address to listen on; port 0 takes a free one")
	f.IntVar(&cfg.Products, "products", 250, "products at the start; -1 for none")
	f.IntVar(&cfg.Suppliers, "suppliers", 5, "suppliers; -1 for none")
	f.IntVar(&cfg.Orders, "orders", 120, "orders at the start; -1 for none")
	f.IntVar(&cfg.PurchaseOrders, "purchase-orders", 0, "purchase orders at the start")
	f.IntVar(&cfg.Warehouses, "warehouses", 2, "warehouses")
	f.IntVar(&cfg.ComposedEvery, "composed-every", 10, "every n-th product is a composition; -1 for none")
	f.Uint64Var(&cfg.Seed, "seed", 0, "seed of all generated values and faults")
	f.StringVar(&cfg.Zone, "zone", "", "time zone of the account (default Europe/Amsterdam)")
	f.StringVar(&cfg.Key, "key", "", "API key (default picqer_demo)")
	f.StringVar(&cfg.ScopedKey, "scoped-key", "", "API key of a fulfilment customer (default picqer_scoped)")
	f.IntVar(&cfg.RateLimit, "rate-limit", 500, "requests a key may make in a window; -1 for no limit")
	f.DurationVar(&cfg.RateWindow, "rate-window", 0, "length of that window (default 1m)")
	f.DurationVar(&cfg.HookRetry, "hook-retry", 0, "pause before a failed hook is tried again (default 1s)")
	latency := f.Duration("latency", 0, "time added to every answer")
	misbehave := f.String("misbehave", "", "misbehaviour as JSON, the body of POST /_demo/misbehave")
	if err := f.Parse(args); err != nil {
		return cfg, "", fmt.Errorf("picqer: %w", err)
	}
	if f.NArg() > 0 {
		return cfg, "", fmt.Errorf("picqer: %q is no flag", f.Arg(0))
	}
	// 0 means the default in a Config; a flag says what it says.
	for _, n := range []*int{&cfg.Products, &cfg.Orders, &cfg.Suppliers, &cfg.ComposedEvery, &cfg.RateLimit} {
		if *n == 0 {
			*n = -1
		}
	}
	if *misbehave != "" {
		if err := json.Unmarshal([]byte(*misbehave), &cfg.Misbehaviour); err != nil {
			return cfg, "", fmt.Errorf("picqer: --misbehave: %w", err)
		}
	}
	if *latency > 0 {
		cfg.Misbehaviour.DelayMS = int(latency.Milliseconds())
	}
	return cfg, *addr, nil
}
