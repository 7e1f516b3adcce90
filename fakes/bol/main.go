package bol

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Main runs an account as a process of its own until it is interrupted. Once
// it listens it prints one JSON line {"url":…,"token_url":…,"base":…} on
// stdout. Errors name the flag that is wrong; -h prints the flags on stdout.
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
		return fmt.Errorf("bol: --addr: %w", err)
	}
	url := "http://" + ln.Addr().String()
	said := map[string]string{"url": url, "token_url": url + "/token", "base": url + "/retailer"}
	if err := json.NewEncoder(stdout).Encode(said); err != nil {
		return errors.Join(fmt.Errorf("bol: %w", err), ln.Close())
	}
	return a.ServeListener(ctx, ln)
}

func parseFlags(args []string, stdout io.Writer) (Config, string, error) {
	cfg := Config{Limits: map[string]Limit{}}
	f := flag.NewFlagSet("bol", flag.ContinueOnError)
	f.SetOutput(stdout)
	addr := f.String("addr", "127.0.0.1:8097", "address to listen on; port 0 takes a free one")
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
	misbehave := f.String("misbehave", "", "misbehaviour as JSON, the body of POST /_demo/misbehave")
	if err := f.Parse(args); err != nil {
		return cfg, "", fmt.Errorf("bol: %w", err)
	}
	if f.NArg() > 0 {
		return cfg, "", fmt.Errorf("bol: %q is no flag", f.Arg(0))
	}
	// 0 means the default in a Config; a flag says what it says.
	for _, n := range []*int{&cfg.Offers, &cfg.Orders, &cfg.FBBEvery, &cfg.ProcessPolls} {
		if *n == 0 {
			*n = -1
		}
	}
	if *misbehave != "" {
		if err := json.Unmarshal([]byte(*misbehave), &cfg.Misbehaviour); err != nil {
			return cfg, "", fmt.Errorf("bol: --misbehave: %w", err)
		}
	}
	return cfg, *addr, nil
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
