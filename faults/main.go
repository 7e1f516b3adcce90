package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	if role := os.Getenv(roleEnv); role != "" {
		os.Exit(beChild(role))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "faults:", err)
		os.Exit(1)
	}
}

// run plays one board and prints its verdict.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("faults", flag.ContinueOnError)
	flags.SetOutput(stderr)
	fault := flags.String("fault", "kill", "kill, push, deletes, race, refresh or webhooks")
	seed := flags.Uint64("seed", 0, "seed of the shop and of every drawn fault; 0 draws one")
	seeds := flags.Int("seeds", 0, "of race: how many races; 0 is the board's own number")
	quick := flags.Bool("quick", false, "the same checks in about a minute, with smaller numbers")
	log := flags.String("log", "", "file for what the workers and the server log; nothing is kept without it")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("%q is no flag", flags.Arg(0))
	}
	if *seed == 0 {
		*seed = rand.Uint64N(1 << 32)
	}
	say := &progress{out: stderr, began: time.Now()}
	var verdict verdict
	var err error
	switch *fault {
	case "kill":
		verdict, err = playKill(ctx, killProfile(*quick, *seed), *log, say)
	case "push":
		verdict, err = playPush(ctx, pushProfile(*quick, *seed), *log, say)
	case "deletes":
		verdict, err = playDeletes(ctx, deletesProfile(*quick, *seed), *log, say)
	case "refresh":
		verdict, err = playRefresh(ctx, newRefreshProfile(*quick), *log, say)
	case "webhooks":
		verdict, err = playWebhooks(ctx, hooksProfileOf(*quick, *seed), *log, say)
	case "race":
		verdict, err = playRace(ctx, raceProfileOf(*quick, *seed, *seeds), say)
	default:
		return fmt.Errorf("-fault=%s: give kill, push, deletes, race, refresh or webhooks", *fault)
	}
	if err != nil {
		return err
	}
	if err := json.NewEncoder(stdout).Encode(verdict); err != nil {
		return err
	}
	return verdict.check()
}

// verdict is the outcome of a board: one JSON line.
type verdict interface {
	// check says what is wrong with it.
	check() error
}

// progress tells a person how far the board is.
type progress struct {
	out   io.Writer
	began time.Time
}

func (p *progress) say(format string, args ...any) {
	fmt.Fprintf(p.out, "%6.1fs  %s\n", time.Since(p.began).Seconds(), fmt.Sprintf(format, args...))
}
