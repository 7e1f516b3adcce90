package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/koppel-io/koppel/client"
	"github.com/spf13/cobra"
)

// version is set by the linker: -ldflags '-X main.version=v1.2.3'.
var version = "unknown"

// program is one invocation: its environment, where it reads and writes, and
// the flags that every command knows.
type program struct {
	env      map[string]string
	in       io.Reader
	out, err io.Writer

	profile profileFlags
	output  string
}

// run executes one command line and returns its exit code. env is a list of
// NAME=value. It ends soon after ctx does.
func run(ctx context.Context, args, env []string, stdin io.Reader, stdout, stderr io.Writer) int {
	p := &program{env: map[string]string{}, in: stdin, out: stdout, err: stderr}
	for _, pair := range env {
		if name, value, ok := strings.Cut(pair, "="); ok {
			p.env[name] = value
		}
	}
	root := p.command()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	called, err := root.ExecuteContextC(ctx)
	return p.end(called, err)
}

// end tells of an error and returns the exit code.
func (p *program) end(called *cobra.Command, err error) int {
	if err == nil {
		return exitOK
	}
	var failed *failure
	if !errors.As(err, &failed) {
		// cobra found fault with the command line before the command began.
		err = &usage{text: err.Error(), command: called.CommandPath()}
	}
	p.tell(err)
	return exitCode(err)
}

// failure marks an error that a command itself returned, so that those of
// cobra are known as mistakes of usage.
type failure struct{ err error }

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

// usage is a mistake in the command line.
type usage struct{ text, command string }

func (u *usage) Error() string {
	if u.command == "" {
		return u.text
	}
	return fmt.Sprintf("%s\nSee: %s --help", u.text, u.command)
}

func usagef(format string, args ...any) error { return &usage{text: fmt.Sprintf(format, args...)} }

// action makes a command's RunE of a function.
func action(do func(ctx context.Context, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		err := do(cmd.Context(), args)
		if err == nil {
			return nil
		}
		var wrong *usage
		if errors.As(err, &wrong) && wrong.command == "" {
			wrong.command = cmd.CommandPath()
		}
		return &failure{err}
	}
}

// calling is action with the API's client.
func (p *program) calling(do func(ctx context.Context, c *client.Client, args []string) error) func(*cobra.Command, []string) error {
	return action(func(ctx context.Context, args []string) error {
		c, err := p.api()
		if err != nil {
			return err
		}
		return do(ctx, c, args)
	})
}

// terminal is v as a file when it is a terminal, else nil.
func terminal(v any) *os.File {
	file, ok := v.(*os.File)
	if !ok {
		return nil
	}
	info, err := file.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 || file.Name() == os.DevNull {
		return nil
	}
	return file
}
