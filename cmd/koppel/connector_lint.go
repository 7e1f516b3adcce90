package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
	"github.com/koppel-io/koppel/connectors"
	"github.com/koppel-io/koppel/connectors/rest"
	"github.com/koppel-io/koppel/mapping"
)

func (p *program) connectorLint() *cobra.Command {
	return &cobra.Command{
		Use: "lint DIR…", Short: "Check connectors: every mistake with file, line and column", Args: cobra.MinimumNArgs(1),
		Example: "  koppel connector lint ./connectors/woocommerce\n  koppel connector lint ./connectors/*/",
		RunE:    action(func(_ context.Context, args []string) error { return p.lint(args) }),
	}
}

// lint compiles folders; the error names every mistake of all of them.
func (p *program) lint(dirs []string) error {
	var all *client.Problem
	for _, dir := range dirs {
		c, err := compileConnector(dir)
		var found *client.Problem
		switch {
		case errors.As(err, &found) && all != nil:
			all.Errors = append(all.Errors, found.Errors...)
			all.Title = "The connectors have mistakes"
		case errors.As(err, &found):
			all = found
		case err != nil:
			return err
		default:
			if err := p.showLinted(dir, c); err != nil {
				return err
			}
		}
	}
	if all != nil {
		return all
	}
	return nil
}

func (p *program) showLinted(dir string, c *connectors.Connector) error {
	shown := map[string]any{"dir": dir, "connector": c.Manifest.Connector, "version": c.Manifest.Version, "digest": c.Digest, "objects": c.Objects()}
	if p.output == outputJSON {
		return p.jsonLine(shown)
	}
	return p.table(func(t *table) {
		t.row(fmt.Sprintf("%s: connector %s %s is good: %s", dir, c.Manifest.Connector, c.Manifest.Version, strings.Join(words(c.Objects()), ", ")))
	})
}

// The largest file of a connector, in bytes.
const connectorLimit = 1 << 20

// readConnector reads the two files of a connector's folder.
func readConnector(dir string) (connectors.Source, error) {
	manifest, err := readLimited(filepath.Join(dir, "connector.yaml"))
	if err != nil {
		return connectors.Source{}, err
	}
	mapped, err := readLimited(filepath.Join(dir, "mapping.yaml"))
	return connectors.Source{Manifest: manifest, Mapping: mapped}, err
}

func readLimited(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", usagef("%v", err)
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, connectorLimit+1))
	if err != nil {
		return "", usagef("%v", err)
	}
	if len(text) > connectorLimit {
		return "", usagef("%s is larger than %d KiB", path, connectorLimit>>10)
	}
	return string(text), nil
}

// compileConnector compiles a folder; the problem names every mistake.
func compileConnector(dir string) (*connectors.Connector, error) {
	source, err := readConnector(dir)
	if err != nil {
		return nil, err
	}
	c, err := connectors.Compile(source)
	if err != nil {
		return nil, &client.Problem{Kind: "invalid_request", Title: "The connector in " + dir + " has mistakes", Errors: mistakes(dir, err), Status: 422}
	}
	return c, nil
}

// mistakes are what the compiler found, each at its file, line and column.
func mistakes(dir string, err error) []client.FieldError {
	var (
		list     []client.FieldError
		manifest rest.Problems
		mapped   mapping.Problems
	)
	switch {
	case errors.As(err, &manifest):
		for _, p := range manifest {
			list = append(list, mistake(dir, p.String()))
		}
	case errors.As(err, &mapped):
		for _, p := range mapped {
			list = append(list, mistake(dir, p.String()))
		}
	default:
		list = append(list, client.FieldError{Location: dir, Message: koppel.DetailOf(err)})
	}
	return list
}

// mistake reads "file:line:column: what".
func mistake(dir, text string) client.FieldError {
	at, what, _ := strings.Cut(text, ": ")
	return client.FieldError{Location: filepath.Join(dir, at), Message: what}
}
