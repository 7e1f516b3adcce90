package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// buildProduct builds the product's own program, so that what is measured is
// what an operator runs, without the Temporal server that the board carries.
func (p *platform) buildProduct(ctx context.Context) error {
	p.koppel = filepath.Join(p.dir, "koppel")
	build := exec.CommandContext(ctx, "go", "build", "-o", p.koppel, "github.com/koppel-io/koppel/cmd/koppel")
	build.Stderr = os.Stderr
	return build.Run()
}

// startWorker starts koppel worker on a database and waits until it works.
func (p *platform) startWorker(ctx context.Context, database string) (*child, error) {
	c, _, err := p.startProduct(ctx, "worker", "worker started", "KOPPEL_ENGINE_DATABASE_URL="+p.pg.DSN(database, "koppel_engine"), "KOPPEL_LOG_LEVEL=info")
	return c, err
}

// startServer starts koppel server on a database and returns it with its address.
func (p *platform) startServer(ctx context.Context, database string) (*child, string, error) {
	c, line, err := p.startProduct(ctx, "server", "the API answers",
		"KOPPEL_DATABASE_URL="+p.pg.DSN(database, "koppel_app"), "KOPPEL_LISTEN=127.0.0.1:0", "KOPPEL_LOG_LEVEL=info", "KOPPEL_LOG_FORMAT=json")
	if err != nil {
		return nil, "", err
	}
	var told struct{ Address string }
	err = json.Unmarshal([]byte(line), &told)
	return c, told.Address, err
}

// startProduct starts a command of the product and waits for the line by which
// it says that it is ready. Warnings go on to stderr.
func (p *platform) startProduct(ctx context.Context, command, ready string, env ...string) (*child, string, error) {
	c := newChild(ctx, p.koppel, command)
	c.cmd.Env = append(append(os.Environ(), "KOPPEL_KEYSET="+p.keyText, "KOPPEL_ALLOW_ADDRESSES=127.0.0.1",
		"KOPPEL_TEMPORAL_ADDRESS="+p.dev.FrontendAddr(), "KOPPEL_TEMPORAL_NAMESPACE="+p.dev.Namespace()), env...)
	stderr, err := c.cmd.StderrPipe()
	if err != nil {
		return nil, "", err
	}
	if err := c.cmd.Start(); err != nil {
		return nil, "", err
	}
	lines := bufio.NewScanner(stderr)
	for lines.Scan() {
		if line := lines.Text(); strings.Contains(line, ready) {
			go func() {
				for lines.Scan() {
					if line := lines.Text(); !strings.Contains(line, "INFO") {
						fmt.Fprintln(os.Stderr, line)
					}
				}
			}()
			return c, line, nil
		}
		fmt.Fprintln(os.Stderr, lines.Text())
	}
	return nil, "", fmt.Errorf("koppel %s did not start: %w", command, c.cmd.Wait())
}
