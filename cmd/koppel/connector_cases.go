package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/koppel-io/koppel/connectors"
)

func (p *program) connectorTest() *cobra.Command {
	var update bool
	cmd := &cobra.Command{
		Use: "test DIR…", Short: "Lint connectors and run their golden cases, without network", Args: cobra.MinimumNArgs(1),
		Long: "Lint connectors and run their golden cases (testdata/*.golden): recorded exchanges in, objects out, without\n" +
			"network and without waiting. A request that a case does not hold fails it. Exit code 1 when a case fails.",
		Example: "  koppel connector test ./connectors/woocommerce\n  koppel connector test ./connectors/woocommerce --update",
		RunE:    action(func(ctx context.Context, args []string) error { return p.testConnectors(ctx, args, update) }),
	}
	cmd.Flags().BoolVar(&update, "update", false, "rewrite what the cases expect; read the difference before you keep it")
	return cmd
}

// caseResult is a golden case as it went.
type caseResult struct {
	File  string `json:"file"`
	About string `json:"about,omitempty"`
	OK    bool   `json:"ok"`
	Error string `json:"error,omitempty"`
	Diff  string `json:"diff,omitempty"`
}

// testConnectors lints folders and runs their cases.
func (p *program) testConnectors(ctx context.Context, dirs []string, update bool) error {
	if err := p.lint(dirs); err != nil {
		return err
	}
	cases, failed := []caseResult{}, 0
	for _, dir := range dirs {
		results, err := connectors.Golden(ctx, dir, update)
		if err != nil {
			return err
		}
		if len(results) == 0 {
			p.note("%s has no golden cases: put one into its testdata/NAME.golden", dir)
		}
		for _, r := range results {
			one := caseResult{File: r.File, About: r.About, OK: r.OK(), Diff: r.Diff}
			if r.Err != nil {
				one.Error = r.Err.Error()
			}
			if !one.OK {
				failed++
			}
			cases = append(cases, one)
		}
	}
	if err := p.showCases(cases); err != nil {
		return err
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d cases failed", failed, len(cases))
	}
	return nil
}

func (p *program) showCases(cases []caseResult) error {
	if p.output == outputJSON {
		return p.jsonLine(map[string]any{"cases": cases})
	}
	for _, c := range cases {
		word := "ok    "
		if !c.OK {
			word = "failed"
		}
		fmt.Fprintf(p.out, "%s %s %s\n", word, c.File, c.About)
		for _, text := range []string{c.Error, c.Diff} {
			if text != "" {
				fmt.Fprintln(p.out, "  "+strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n  "))
			}
		}
	}
	return nil
}
