package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// version is set by the build.
var version = "dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the process at once
	os.Exit(run(ctx, os.Args[1:], terminal{in: os.Stdin, out: os.Stdout, err: os.Stderr}))
}

// terminal is where a command reads answers and writes what people see.
type terminal struct {
	in       io.Reader
	out, err io.Writer
}

// run executes one command line and gives the exit code: 0, or 1 with the reason on standard error.
func run(ctx context.Context, args []string, term terminal) int {
	root := newCommand(term)
	root.SetArgs(args)
	if err := root.ExecuteContext(ctx); err != nil {
		fmt.Fprintln(term.err, "koppel-dev: "+err.Error())
		return 1
	}
	return 0
}
