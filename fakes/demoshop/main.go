package demoshop

import (
	"flag"
	"io"

	"github.com/koppel-io/koppel/fakes/standin"
)

// program is a shop as a process of its own; once it listens it says
// {"url":…,"base":…}.
var program = standin.Program{Name: "demoshop", Addr: "127.0.0.1:8095", Flags: declare}

// Main runs a shop until it is interrupted, as standin.Program says.
func Main(args []string, stdout io.Writer) error { return program.Main(args, stdout) }

func declare(f *flag.FlagSet) func() (standin.Started, error) {
	var cfg Config
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
	standin.JSON(f, "misbehave", "misbehaviour as JSON, the body of POST /_demo/misbehave", &cfg.Misbehaviour)
	return func() (standin.Started, error) {
		standin.None(&cfg.Products, &cfg.Orders, &cfg.Suppliers)
		if *latency > 0 {
			cfg.Misbehaviour.DelayMS = int(latency.Milliseconds())
		}
		if *mutate > 0 {
			cfg.Misbehaviour.Mutation.PerSecond = *mutate
		}
		s, err := New(cfg)
		if err != nil {
			return standin.Started{}, err
		}
		return standin.Started{Server: s.server(), Says: func(url string) any { return map[string]string{"url": url, "base": url + Base} }}, nil
	}
}
