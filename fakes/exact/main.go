package exact

import (
	"flag"
	"io"
	"strings"

	"github.com/koppel-io/koppel/fakes/standin"
)

// program is a site as a process of its own; once it listens it says
// {"url":…,"divisions":[…]}.
var program = standin.Program{Name: "exact", Addr: "127.0.0.1:8096", Flags: declare}

// Main runs a site until it is interrupted, as standin.Program says.
func Main(args []string, stdout io.Writer) error { return program.Main(args, stdout) }

func declare(f *flag.FlagSet) func() (standin.Started, error) {
	var cfg Config
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
	standin.JSON(f, "misbehave", "misbehaviour as JSON, the body of POST /_fake/misbehave", &cfg.Misbehaviour)
	return func() (standin.Started, error) {
		if *without != "" {
			cfg.Without = strings.Split(*without, ",")
		}
		s, err := New(cfg)
		if err != nil {
			return standin.Started{}, err
		}
		return standin.Started{Server: s.server(), Says: func(url string) any {
			return map[string]any{"url": url, "divisions": s.State().Divisions}
		}}, nil
	}
}
