package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/koppel-io/koppel/fakes/demoshop"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// options are the board's flags.
type options struct {
	records, rounds, most, couplings int
	only                             string
}

// run is the board, or one of the processes that it starts of itself.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	if len(args) > 0 {
		switch args[0] {
		case roleSource:
			return demoshop.Main(args[1:], stdout)
		case roleHand:
			return handMain(ctx, os.Stdin, stdout)
		case roleBare:
			return bareMain(ctx, os.Stdin, stdout)
		}
	}
	var opts options
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.IntVar(&opts.records, "records", 200_000, "products of first_load and resync_unchanged")
	flags.IntVar(&opts.rounds, "rounds", 5, "rounds of which the median counts")
	flags.IntVar(&opts.most, "most", 1_000_000, "products of the larger run of memory")
	flags.IntVar(&opts.couplings, "couplings", 1000, "couplings of noop")
	flags.StringVar(&opts.only, "only", "", "comma-separated benches; all when empty")
	if err := flags.Parse(args); err != nil {
		return err
	}
	b := &board{opts: opts, out: json.NewEncoder(stdout), say: func(format string, args ...any) { fmt.Fprintf(stderr, format+"\n", args...) }}
	return b.run(ctx)
}

// wants reports whether a bench was asked for.
func (o options) wants(name string) bool {
	return o.only == "" || slices.Contains(strings.Split(o.only, ","), name)
}
