package exact

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os/signal"
	"strings"
	"syscall"
)

// Main runs a site as a process of its own until it is interrupted. Once it
// listens it prints one JSON line {"url":…,"divisions":[…]} on stdout. Errors
// name the flag that is wrong; -h prints the flags on stdout.
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
	s, err := New(cfg)
	if err != nil {
		return err
	}
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return errors.Join(fmt.Errorf("exact: --addr: %w", err), s.Close())
	}
	if err := json.NewEncoder(stdout).Encode(map[string]any{"url": "http://" + ln.Addr().String(), "divisions": s.State().Divisions}); err != nil {
		return errors.Join(fmt.Errorf("exact: %w", err), ln.Close(), s.Close())
	}
	return s.ServeListener(ctx, ln)
}

func parseFlags(args []string, stdout io.Writer) (Config, string, error) {
	var cfg Config
	f := flag.NewFlagSet("exact", flag.ContinueOnError)
	f.SetOutput(stdout)
	addr := f.String("addr", "127.0.0.1:8096", "address to listen on; port 0 takes a free one")
	f.IntVar(&cfg.Items, "items", 200, "items of the first administration; -1 for none")
	f.IntVar(&cfg.Suppliers, "suppliers", 8, "suppliers")
	f.IntVar(&cfg.Customers, "customers", 20, "customers")
	f.IntVar(&cfg.SalesOrders, "sales-orders", 100, "sales orders; -1 for none")
	f.IntVar(&cfg.PurchaseOrders, "purchase-orders", 30, "purchase orders; -1 for none")
	f.IntVar(&cfg.Divisions, "divisions", 2, "administrations; the others have a tenth of the first")
	f.IntVar(&cfg.FirstDivision, "first-division", 123456, "code of the first administration")
	f.IntVar(&cfg.Warehouses, "warehouses", 3, "warehouses, 2 to 9")
	f.Uint64Var(&cfg.Seed, "seed", 0, "seed of all generated values and faults")
	f.StringVar(&cfg.Zone, "zone", "", "time zone of the site (default Europe/Amsterdam)")
	f.StringVar(&cfg.ClientID, "client-id", "", "client id of the app (default fake-app)")
	f.StringVar(&cfg.ClientSecret, "client-secret", "", "client secret of the app (default fake-secret)")
	f.StringVar(&cfg.WebhookSecret, "webhook-secret", "", "webhook secret of the app (default fake-webhook-secret)")
	f.DurationVar(&cfg.AccessTTL, "access-ttl", 0, "life of an access token (default 10m)")
	f.DurationVar(&cfg.RefreshAfter, "refresh-after", 0, "earliest refresh (default 9m30s; negative: at once)")
	f.IntVar(&cfg.TokenCalls, "token-calls", 0, "token calls a day (default 200; negative: unlimited)")
	f.IntVar(&cfg.MinuteCalls, "minute-calls", 0, "calls a minute (default 60; negative: unlimited)")
	f.DurationVar(&cfg.MinuteWindow, "minute-window", 0, "how long a minute lasts (default 1m)")
	f.IntVar(&cfg.DayCalls, "day-calls", 0, "calls a day (default 5000; negative: unlimited)")
	f.DurationVar(&cfg.DayWindow, "day-window", 0, "how long a day lasts (default 24h)")
	f.IntVar(&cfg.ErrorCalls, "error-calls", 0, "client errors in an hour before an endpoint is blocked (default 10; negative: never)")
	f.IntVar(&cfg.Page, "page", 0, "rows of an ordinary page (default 60)")
	f.IntVar(&cfg.BulkPage, "bulk-page", 0, "rows of a bulk or sync page (default 1000)")
	without := f.String("without", "", "modules and rights that are missing: trade,manufacturing,assembly,multiwarehouse,deleted")
	f.BoolVar(&cfg.PlainCallbacks, "plain-callbacks", false, "take http:// addresses for webhooks")
	misbehave := f.String("misbehave", "", "misbehaviour as JSON, the body of POST /_fake/misbehave")
	if err := f.Parse(args); err != nil {
		return cfg, "", fmt.Errorf("exact: %w", err)
	}
	if f.NArg() > 0 {
		return cfg, "", fmt.Errorf("exact: %q is no flag", f.Arg(0))
	}
	if *without != "" {
		cfg.Without = strings.Split(*without, ",")
	}
	if *misbehave != "" {
		if err := json.Unmarshal([]byte(*misbehave), &cfg.Misbehaviour); err != nil {
			return cfg, "", fmt.Errorf("exact: --misbehave: %w", err)
		}
	}
	return cfg, *addr, nil
}
