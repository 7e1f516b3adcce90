package main

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/koppel-io/koppel"
)

// parse checks a command line as far as it can be without running it.
func parse(line string) error {
	words, err := shellWords(line)
	if err != nil {
		return err
	}
	for len(words) > 0 && strings.HasPrefix(words[0], "KOPPEL_") {
		words = words[1:]
	}
	if len(words) == 0 || words[0] != "koppel" {
		return fmt.Errorf("does not begin with koppel")
	}
	p := &program{env: map[string]string{}, output: outputTable}
	cmd, args, err := p.command().Find(words[1:])
	if err != nil {
		return err
	}
	if !cmd.Runnable() || cmd.HasSubCommands() && cmd.Example == "" {
		return fmt.Errorf("%s does nothing by itself", cmd.CommandPath())
	}
	if err := cmd.ParseFlags(args); err != nil {
		return err
	}
	for _, check := range []func() error{
		func() error { return cmd.ValidateArgs(cmd.Flags().Args()) }, cmd.ValidateRequiredFlags, cmd.ValidateFlagGroups, p.checkOutput,
	} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

// shellWords splits a line as a shell would: quotes, and no redirections.
func shellWords(line string) ([]string, error) {
	line, _, _ = strings.Cut(line, " < ")
	var (
		words []string
		word  strings.Builder
		quote rune
		open  bool
	)
	for _, r := range line + " " {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(r)
		case r == '\'' || r == '"':
			quote, open = r, true
		case r == ' ' && (open || word.Len() > 0):
			words = append(words, word.String())
			word.Reset()
			open = false
		case r != ' ':
			word.WriteRune(r)
		}
	}
	if quote != 0 {
		return nil, fmt.Errorf("a quote is not closed")
	}
	return words, nil
}

func TestEveryExampleParses(t *testing.T) {
	t.Parallel()
	var walk func(*cobra.Command)
	walk = func(cmd *cobra.Command) {
		for _, child := range cmd.Commands() {
			walk(child)
		}
		if cmd.Runnable() && !cmd.HasSubCommands() && cmd.Example == "" {
			t.Errorf("%s has no example", cmd.CommandPath())
		}
		for _, line := range strings.Split(strings.TrimSpace(cmd.Example), "\n") {
			if line = strings.TrimSpace(line); line == "" {
				continue
			}
			if err := parse(line); err != nil {
				t.Errorf("%s: example %q: %v", cmd.CommandPath(), line, err)
			}
			if cmd.HasParent() && !strings.Contains(line, cmd.CommandPath()) {
				t.Errorf("%s: example %q shows another command", cmd.CommandPath(), line)
			}
		}
	}
	walk((&program{}).command())
}

// advised finds the command in a sentence of advice.
var advised = regexp.MustCompile(`koppel [a-z].*`)

func TestEveryAdvisedCommandExists(t *testing.T) {
	t.Parallel()
	n := 0
	for _, kind := range koppel.Kinds() {
		next := koppel.Advise(koppel.E(kind, "", "x"), coupling1, runGreen).Next
		line := advised.FindString(next)
		if line == "" {
			continue
		}
		n++
		if err := parse(line); err != nil {
			t.Errorf("kind %s advises %q: %v", kind, line, err)
		}
	}
	if n < 10 {
		t.Errorf("only %d kinds advise a command", n)
	}
}

// TestCommandsNamedElsewhere holds the commands that other rooms name in their
// errors and documents.
func TestCommandsNamedElsewhere(t *testing.T) {
	t.Parallel()
	for _, line := range []string{
		"koppel migrate", "koppel server", "koppel worker", "koppel doctor --new-master-key", "koppel key create --installation --name 'first admin' --database",
		"koppel connector lint DIR", "koppel connector test DIR", "koppel connector try DIR", "koppel connector publish DIR", "koppel connector rollback NAME",
	} {
		if err := parse(line); err != nil {
			t.Errorf("%q: %v", line, err)
		}
	}
}

func TestParseRefusesWhatIsWrong(t *testing.T) {
	t.Parallel()
	for _, line := range []string{"koppel runn", "koppel run", "koppel run watch", "koppel run watch a b", "koppel run list --colour red", "koppel webshop create", "kopel doctor", "koppel run list -o yaml"} {
		if parse(line) == nil {
			t.Errorf("%q parses", line)
		}
	}
}

func TestHelpTellsEveryExitCodeAndVariable(t *testing.T) {
	t.Parallel()
	help := koppelWith(t.Context(), nil, "", "--help").out
	for _, code := range []int{exitOK, exitFailed, exitUsage, exitNotFound, exitConflict, exitRefused, exitNotGreen, exitUnreachable, exitInterrupted} {
		if !regexp.MustCompile(fmt.Sprintf(`\b%d [a-z]`, code)).MatchString(help) {
			t.Errorf("help does not tell exit code %d", code)
		}
	}
	help = koppelWith(t.Context(), nil, "", "server", "--help").out
	for _, v := range environment {
		if !strings.Contains(help, v.name) {
			t.Errorf("help does not tell %s", v.name)
		}
	}
}

func TestCompletion(t *testing.T) {
	t.Parallel()
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		if r := koppelWith(t.Context(), nil, "", "completion", shell); r.code != exitOK || len(r.out) < 1000 {
			t.Errorf("%s: exit code %d, %d bytes", shell, r.code, len(r.out))
		}
	}
	r := koppelWith(t.Context(), nil, "", "__complete", "sync", "8f2c1a", "")
	if !strings.Contains(r.out, "supplier_products") {
		t.Errorf("objects are not completed: %s", r.out)
	}
}
