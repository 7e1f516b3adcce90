package standin

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

// Started is a fake that is about to be served, and what it says of itself once
// it listens at url.
type Started struct {
	Server
	Says func(url string) any
}

// Program is a fake as a process of its own.
type Program struct {
	// Name of the fake, for errors and its flags.
	Name string
	// Addr is where it listens unless told otherwise.
	Addr string
	// Flags declares the fake's flags and returns what makes it once they were
	// read.
	Flags func(*flag.FlagSet) func() (Started, error)
}

// Main runs until it is interrupted. Once it listens it prints what it says of
// itself as one JSON line. Errors name the flag that is wrong; -h prints the
// flags on stdout.
func (p Program) Main(args []string, stdout io.Writer) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	return p.Run(ctx, args, stdout)
}

// Run is Main until ctx ends.
func (p Program) Run(ctx context.Context, args []string, stdout io.Writer) error {
	flags := flag.NewFlagSet(p.Name, flag.ContinueOnError)
	flags.SetOutput(stdout)
	addr := flags.String("addr", p.Addr, "address to listen on; port 0 takes a free one")
	start := p.Flags(flags)
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return nil
	} else if err != nil {
		return fmt.Errorf("%s: %w", p.Name, err)
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("%s: %q is no flag", p.Name, flags.Arg(0))
	}
	fake, err := start()
	if err != nil {
		return err
	}
	ln, err := net.Listen("tcp", *addr)
	if err != nil {
		return errors.Join(fmt.Errorf("%s: --addr: %w", p.Name, err), fake.Close())
	}
	if err := json.NewEncoder(stdout).Encode(fake.Says("http://" + ln.Addr().String())); err != nil {
		return errors.Join(fmt.Errorf("%s: %w", p.Name, err), ln.Close(), fake.Close())
	}
	return fake.Serve(ctx, ln)
}

// JSON declares a flag that holds JSON.
func JSON(flags *flag.FlagSet, name, usage string, into any) {
	flags.Func(name, usage, func(text string) error { return json.Unmarshal([]byte(text), into) })
}

// None makes a number that was given as 0 mean none: in a Config 0 is the
// default, a flag says what it says.
func None(numbers ...*int) {
	for _, n := range numbers {
		if *n == 0 {
			*n = -1
		}
	}
}
