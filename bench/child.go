package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// The processes that the board starts of itself.
const (
	roleSource = "source"
	roleHand   = "hand"
	roleBare   = "bare"
)

// child is a process of the board's own program. It reads its orders as one
// JSON value and says each thing as one JSON line.
type child struct {
	cmd   *exec.Cmd
	stdin io.WriteCloser
	lines *bufio.Scanner
}

func startChild(ctx context.Context, role string, args []string, orders any) (*child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	c := newChild(ctx, self, append([]string{role}, args...)...)
	c.cmd.Stderr = os.Stderr
	stdout, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if c.stdin, err = c.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	c.lines = bufio.NewScanner(stdout)
	if orders != nil {
		if err := json.NewEncoder(c.stdin).Encode(orders); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func newChild(ctx context.Context, program string, args ...string) *child {
	c := &child{cmd: exec.CommandContext(ctx, program, args...)}
	// None outlives the board, however it ends.
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	c.cmd.Cancel = func() error { return c.cmd.Process.Signal(os.Interrupt) }
	c.cmd.WaitDelay = 10 * time.Second
	return c
}

// hear waits for the child's next line.
func (c *child) hear(into any) error {
	if !c.lines.Scan() {
		return fmt.Errorf("%s ended without a word: %w", c.cmd.Args[1], c.cmd.Wait())
	}
	return json.Unmarshal(c.lines.Bytes(), into)
}

// stop asks the child to end and waits for it.
func (c *child) stop() error {
	if err := c.cmd.Process.Signal(os.Interrupt); err != nil {
		return err
	}
	return c.cmd.Wait()
}
