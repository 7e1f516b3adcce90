package picqer

import (
	"flag"
	"io"

	"github.com/koppel-io/koppel/fakes/standin"
)

// program is an account as a process of its own; once it listens it says
// {"url":…,"base":…}.
var program = standin.Program{Name: "picqer", Addr: "127.0.0.1:8096", Flags: declare}

// Main runs an account until it is interrupted, as standin.Program says.
func Main(args []string, stdout io.Writer) error { return program.Main(args, stdout) }

func declare(f *flag.FlagSet) func() (standin.Started, error) {
	var cfg Config
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
	standin.JSON(f, "misbehave", "misbehaviour as JSON, the body of POST /_demo/misbehave", &cfg.Misbehaviour)
	return func() (standin.Started, error) {
		standin.None(&cfg.Products, &cfg.Orders, &cfg.Suppliers, &cfg.ComposedEvery, &cfg.RateLimit)
		if *latency > 0 {
			cfg.Misbehaviour.DelayMS = int(latency.Milliseconds())
		}
		a, err := New(cfg)
		if err != nil {
			return standin.Started{}, err
		}
		return standin.Started{Server: a.server(), Says: func(url string) any { return map[string]string{"url": url, "base": url + Base} }}, nil
	}
}
