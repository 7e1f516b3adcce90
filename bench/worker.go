package main

import (
	"bufio"
	"context"
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
	c := newChild(ctx, p.koppel, "worker")
	c.cmd.Env = append(os.Environ(),
		"KOPPEL_ENGINE_DATABASE_URL="+p.pg.DSN(database, "koppel_engine"), "KOPPEL_KEYSET="+p.keyText,
		"KOPPEL_TEMPORAL_ADDRESS="+p.dev.FrontendAddr(), "KOPPEL_TEMPORAL_NAMESPACE="+p.dev.Namespace(),
		"KOPPEL_ALLOW_ADDRESSES=127.0.0.1", "KOPPEL_LOG_LEVEL=info")
	stderr, err := c.cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	lines := bufio.NewScanner(stderr)
	for lines.Scan() {
		if strings.Contains(lines.Text(), "worker started") {
			go func() {
				for lines.Scan() {
					if line := lines.Text(); !strings.Contains(line, "INFO") {
						fmt.Fprintln(os.Stderr, line)
					}
				}
			}()
			return c, nil
		}
		fmt.Fprintln(os.Stderr, lines.Text())
	}
	return nil, fmt.Errorf("koppel worker did not start: %w", c.cmd.Wait())
}
