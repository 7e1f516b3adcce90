package bol

import (
	"errors"
	"flag"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/koppel-io/koppel/fakes/standin"
)

// program is an account as a process of its own; once it listens it says
// {"url":…,"token_url":…,"base":…}.
var program = standin.Program{Name: "bol", Addr: "127.0.0.1:8097", Flags: declare}

// Main runs an account until it is interrupted, as standin.Program says.
func Main(args []string, stdout io.Writer) error { return program.Main(args, stdout) }

func declare(f *flag.FlagSet) func() (standin.Started, error) {
	cfg := Config{Limits: map[string]Limit{}}
	f.IntVar(&cfg.Offers, "offers", 200, "offers at the start; -1 for none")
	f.IntVar(&cfg.Orders, "orders", 300, "orders at the start; -1 for none")
	f.IntVar(&cfg.Days, "days", 80, "how many days back the orders of the start go")
	f.IntVar(&cfg.FBBEvery, "fbb-every", 4, "every n-th offer is stored and shipped by bol; -1 for none")
	f.Uint64Var(&cfg.Seed, "seed", 0, "seed of all generated values and faults")
	f.StringVar(&cfg.ClientID, "client-id", "", "client id (default client_demo)")
	f.StringVar(&cfg.ClientSecret, "client-secret", "", "client secret (default secret_demo)")
	f.DurationVar(&cfg.TokenLifetime, "token-lifetime", 299*time.Second, "how long a token is taken")
	f.DurationVar(&cfg.ProcessTime, "process-time", 0, "time before an asynchronous write takes effect")
	f.IntVar(&cfg.ProcessPolls, "process-polls", 1, "how often a status says PENDING; -1 for never")
	f.BoolVar(&cfg.NoLimits, "no-limits", false, "lift all limits of requests")
	f.StringVar(&cfg.RetryAfter, "retry-after", "", "always, never or sometimes (default sometimes)")
	f.BoolVar(&cfg.EpochReset, "epoch-reset", false, "X-RateLimit-Reset is a time in place of seconds")
	f.DurationVar(&cfg.WebhookRetry, "webhook-retry", time.Minute, "pause between two attempts to deliver an event")
	f.Func("ean", "EAN of the next offer; repeat it for more", func(s string) error {
		cfg.EANs = append(cfg.EANs, s)
		return nil
	})
	f.Func("limit", "limit of a route, such as 'GET /orders=25/1m'; repeat it for more", func(s string) error {
		route, l, err := parseLimit(s)
		cfg.Limits[route] = l
		return err
	})
	standin.JSON(f, "misbehave", "misbehaviour as JSON, the body of POST /_demo/misbehave", &cfg.Misbehaviour)
	return func() (standin.Started, error) {
		standin.None(&cfg.Offers, &cfg.Orders, &cfg.FBBEvery, &cfg.ProcessPolls)
		a, err := New(cfg)
		if err != nil {
			return standin.Started{}, err
		}
		return standin.Started{Server: a.server(), Says: func(url string) any {
			return map[string]string{"url": url, "token_url": url + "/token", "base": url + "/retailer"}
		}}, nil
	}
}

var errLimit = errors.New("give a route, requests and a span, such as 'GET /orders=25/1m'")

func parseLimit(s string) (string, Limit, error) {
	route, rest, found := strings.Cut(s, "=")
	count, span, both := strings.Cut(rest, "/")
	n, err := strconv.Atoi(count)
	if !found || !both || err != nil {
		return route, Limit{}, errLimit
	}
	per, err := time.ParseDuration(span)
	if err != nil {
		return route, Limit{}, errLimit
	}
	return route, Limit{Requests: n, Per: per}, nil
}
