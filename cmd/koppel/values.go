package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
)

// settingValues reads NAME=VALUE pairs by the types of the schema. A name that
// the schema lacks goes on as text: the API names it with what there is.
func settingValues(schema []koppel.Setting, pairs []string) (map[string]any, error) {
	values := map[string]any{}
	for _, pair := range pairs {
		name, text, ok := strings.Cut(pair, "=")
		if !ok || name == "" {
			return nil, usagef("%q does not read NAME=VALUE", pair)
		}
		value, err := typed(typeOf(schema, name), text)
		if err != nil {
			return nil, usagef("%s: %v", name, err)
		}
		values[name] = value
	}
	return values, nil
}

func typeOf(schema []koppel.Setting, name string) koppel.SettingType {
	for _, s := range schema {
		if s.Name == name {
			return s.Type
		}
	}
	return koppel.SettingString
}

func typed(t koppel.SettingType, text string) (any, error) {
	switch t {
	case koppel.SettingBool:
		value, err := strconv.ParseBool(text)
		if err != nil {
			return nil, fmt.Errorf("%q is neither true nor false", text)
		}
		return value, nil
	case koppel.SettingInt:
		value, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("%q is no whole number", text)
		}
		return value, nil
	case koppel.SettingStrings:
		if text == "" {
			return []string{}, nil
		}
		return strings.Split(text, ","), nil
	}
	return text, nil
}

// The largest file of credentials, in bytes.
const credentialsLimit = 1 << 20

// credentialValues reads credential fields from a file and from NAME=VALUE
// pairs, of which the pairs win.
func (p *program) credentialValues(schema []koppel.Setting, pairs []string, file string) (client.Credentials, error) {
	values := client.Credentials{}
	if file != "" {
		from := p.in
		if file != "-" {
			opened, err := os.Open(file)
			if err != nil {
				return nil, usagef("%v", err)
			}
			defer opened.Close()
			from = opened
		}
		text, err := io.ReadAll(io.LimitReader(from, credentialsLimit))
		if err != nil {
			return nil, koppel.Wrap("read credentials", err)
		}
		// The cause may repeat a line of the file, which holds secrets.
		if yaml.Unmarshal(text, &values) != nil {
			return nil, usagef("the credentials in %s are no YAML or JSON object of fields", file)
		}
	}
	given, err := settingValues(schema, pairs)
	if err != nil {
		return nil, err
	}
	for name, value := range given {
		values[name] = value
	}
	return values, nil
}

// askCredentials asks for each field on the terminal.
func (p *program) askCredentials(ctx context.Context, schema []koppel.Setting) (client.Credentials, error) {
	tty := terminal(p.in)
	if tty == nil {
		names := make([]string, len(schema))
		for i, field := range schema {
			names[i] = field.Name
		}
		return nil, usagef("give the fields with --file FILE, or run it on a terminal; they are: %s", strings.Join(names, ", "))
	}
	values, lines := client.Credentials{}, bufio.NewReader(tty)
	for _, field := range schema {
		text, err := p.ask(ctx, tty, lines, field)
		if err != nil {
			return nil, err
		}
		if text == "" {
			continue
		}
		if values[field.Name], err = typed(field.Type, text); err != nil {
			return nil, usagef("%s: %v", field.Name, err)
		}
	}
	return values, nil
}

func (p *program) ask(ctx context.Context, tty *os.File, lines *bufio.Reader, field koppel.Setting) (string, error) {
	title := first(field.Title, field.Name)
	if len(field.Choices) > 0 {
		title += " (" + strings.Join(field.Choices, ", ") + ")"
	}
	if field.Optional || field.Default != nil {
		title += " (may be left empty)"
	}
	fmt.Fprintf(p.err, "%s: ", title)
	if field.Secret {
		echo(tty, false)
		defer func() { echo(tty, true); fmt.Fprintln(p.err) }()
	}
	type answer struct {
		text string
		err  error
	}
	came := make(chan answer, 1)
	go func() {
		text, err := lines.ReadString('\n')
		came <- answer{strings.TrimSpace(text), err}
	}()
	select {
	case a := <-came:
		if a.err != nil {
			return "", usagef("the input ended before every field was given")
		}
		return a.text, nil
	case <-ctx.Done():
		return "", &interrupted{"nothing was changed"}
	}
}

// echo switches whether the terminal shows what is typed (POSIX stty).
func echo(tty *os.File, on bool) {
	word := "-echo"
	if on {
		word = "echo"
	}
	stty := exec.Command("stty", word)
	stty.Stdin = tty
	_ = stty.Run()
}

// isOneOf completes and checks words of a fixed set.
func isOneOf[T ~string](what, given string, words []T) (T, error) {
	if !slices.Contains(words, T(given)) {
		names := make([]string, len(words))
		for i, word := range words {
			names[i] = string(word)
		}
		return "", usagef("%q is no %s; there are: %s", given, what, strings.Join(names, ", "))
	}
	return T(given), nil
}
