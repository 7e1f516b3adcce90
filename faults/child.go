package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"

	"github.com/koppel-io/koppel/fakes/demoshop"
)

// roleEnv makes this program one of the processes that the board starts.
const roleEnv = "KOPPEL_FAULTS_ROLE"

// The roles.
const (
	roleShop   = "shop"
	roleWorker = "worker"
	roleServer = "server"
	// roleRefresher is a process of workers that share a login.
	roleRefresher = "refresher"
)

// beChild is what a process of a role does: it takes its orders from the first
// line of stdin, and ends when stdin does, since its starter is gone then.
func beChild(role string) int {
	in := bufio.NewReader(os.Stdin)
	orders, err := in.ReadBytes('\n')
	if err != nil {
		fmt.Fprintln(os.Stderr, "faults:", err)
		return 1
	}
	go func() {
		_, _ = io.Copy(io.Discard, in)
		os.Exit(0)
	}()
	switch role {
	case roleShop:
		var args []string
		if err = json.Unmarshal(orders, &args); err == nil {
			err = demoshop.Main(args, os.Stdout)
		}
	case roleWorker:
		err = beWorker(context.Background(), orders, os.Stdout)
	case roleServer:
		err = beServer(context.Background(), orders, os.Stdout)
	case roleRefresher:
		err = beRefresher(context.Background(), orders, os.Stdout)
	default:
		err = fmt.Errorf("%s=%s is no role", roleEnv, role)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "faults:", role+":", err)
		return 1
	}
	return 0
}

// child is a process of this program.
type child struct {
	cmd   *exec.Cmd
	stdin io.WriteCloser
	lines *bufio.Reader
	ended chan struct{}
	once  sync.Once
}

// startChild starts a process of a role and hands it its orders.
func startChild(role string, orders any, log io.Writer) (*child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	c := &child{cmd: exec.Command(self), ended: make(chan struct{})}
	c.cmd.Env = append(os.Environ(), roleEnv+"="+role)
	c.cmd.Stderr = log
	stdout, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	c.lines = bufio.NewReader(stdout)
	if c.stdin, err = c.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	if err := json.NewEncoder(c.stdin).Encode(orders); err != nil {
		c.kill()
		return nil, err
	}
	return c, nil
}

// hear waits for the child's next line.
func (c *child) hear(into any) error {
	line, err := c.lines.ReadBytes('\n')
	if err != nil {
		c.kill()
		return fmt.Errorf("the process ended without a word: %w", err)
	}
	return json.Unmarshal(line, into)
}

func (c *child) signal(s os.Signal) error { return c.cmd.Process.Signal(s) }

// kill ends the child as a crash would and waits until it is gone.
func (c *child) kill() {
	c.once.Do(func() {
		_ = c.cmd.Process.Kill() // it may be gone already
		_ = c.cmd.Wait()
		close(c.ended)
	})
	<-c.ended
}
