package demoshop

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

// Main runs a shop as a process of its own until it is interrupted. Once it
// listens it prints one JSON line {"url":…,"base":…} on stdout. Errors name the
// flag that is wrong; -h prints the flags on stdout.
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
		return errors.Join(fmt.Errorf("demoshop: --addr: %w", err), s.Close())
	}
	url := "http://" + ln.Addr().String()
	if err := json.NewEncoder(stdout).Encode(map[string]string{"url": url, "base": url + Base}); err != nil {
		return errors.Join(fmt.Errorf("demoshop: %w", err), ln.Close(), s.Close())
	}
	return s.ServeListener(ctx, ln)
}

func parseFlags(args []string, stdout io.Writer) (Config, string, error) {
	var cfg Config
	f := flag.NewFlagSet("demoshop", flag.ContinueOnError)
	f.SetOutput(stdout)
	addr := f.String("addr", "127.0.0.1:8095", "address to listen on; port 0 takes a free one")
	f.IntVar(&cfg.Products, "products", 1000, "rows of GET /products at the start; -1 for none")
	f.IntVar(&cfg.Orders, "orders", 200, "orders at the start; -1 for none")
	f.IntVar(&cfg.Suppliers, "suppliers", 5, "suppliers; -1 for none")
	f.IntVar(&cfg.VariableEvery, "variable-every", 0, "every n-th product is variable; 0 for none")
	f.IntVar(&cfg.Variations, "variations", 3, "variations of a variable product")
	f.IntVar(&cfg.IDGaps, "id-gaps", 0, "leave ids unused after every n-th product; 0 for none")
	f.IntVar(&cfg.BigIDs, "big-ids", 0, "the last n products have ids beyond 2^53")
	f.Uint64Var(&cfg.Seed, "seed", 0, "seed of all generated values and faults")
	f.StringVar(&cfg.ShopZone, "zone", "", "time zone of the shop (default Europe/Amsterdam)")
	f.StringVar(&cfg.Version, "version", "", "plugin version (default 11.0.1)")
	f.StringVar(&cfg.Key, "key", "", "consumer key (default ck_demo)")
	f.StringVar(&cfg.Secret, "secret", "", "consumer secret (default cs_demo)")
	f.StringVar(&cfg.KeyPermissions, "key-permissions", "", "read, write or read_write (default read_write)")
	f.BoolVar(&cfg.BasicOverHTTP, "basic-over-http", false, "take Basic and query keys over plain HTTP too")
	f.IntVar(&cfg.MaxPerPage, "max-per-page", 100, "largest per_page")
	f.BoolVar(&cfg.Slim, "slim", false, "product bodies of about 850 bytes")
	f.BoolVar(&cfg.Gzip, "gzip", false, "compress answers for clients that accept it")
	f.BoolVar(&cfg.CachePages, "cache-pages", false, "keep rendered pages until something changes")
	f.BoolVar(&cfg.PricesIncludeTax, "prices-include-tax", false, "product prices include 21 % tax")
	f.StringVar(&cfg.Currency, "currency", "", "currency (default EUR)")
	f.StringVar(&cfg.SiteURL, "site-url", "", "address in permalinks (default https://demo-shop.example)")
	f.StringVar(&cfg.Journal, "journal", "", "file that keeps effects over a restart")
	latency := f.Duration("latency", 0, "time added to every answer")
	mutate := f.Float64("mutate", 0, "fraction of the products changed each second")
	misbehave := f.String("misbehave", "", "misbehaviour as JSON, the body of POST /_demo/misbehave")
	if err := f.Parse(args); err != nil {
		return cfg, "", fmt.Errorf("demoshop: %w", err)
	}
	if f.NArg() > 0 {
		return cfg, "", fmt.Errorf("demoshop: %q is no flag", f.Arg(0))
	}
	// 0 means the default in a Config; a flag says what it says.
	for _, n := range []*int{&cfg.Products, &cfg.Orders, &cfg.Suppliers} {
		if *n == 0 {
			*n = -1
		}
	}
	if *misbehave != "" {
		if err := json.Unmarshal([]byte(*misbehave), &cfg.Misbehaviour); err != nil {
			return cfg, "", fmt.Errorf("demoshop: --misbehave: %w", err)
		}
	}
	if *latency > 0 {
		cfg.Misbehaviour.DelayMS = int(latency.Milliseconds())
	}
	if *mutate > 0 {
		cfg.Misbehaviour.Mutation.PerSecond = *mutate
	}
	return cfg, *addr, nil
}
