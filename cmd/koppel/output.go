package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"
)

// The ways to print.
const (
	outputTable = "table"
	outputJSON  = "json"
)

func (p *program) checkOutput() error {
	if p.output != outputTable && p.output != outputJSON {
		return fmt.Errorf("--output %s is not known: use table or json", p.output)
	}
	return nil
}

// show prints value: as JSON for scripts, else as table writes it.
func (p *program) show(value any, table func(w *table)) error {
	if p.output == outputJSON {
		return p.json(value)
	}
	return p.table(table)
}

func (p *program) json(value any) error {
	encoder := json.NewEncoder(p.out)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(value)
}

func (p *program) table(write func(w *table)) error {
	w := &table{w: tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)}
	write(w)
	return w.w.Flush()
}

// note prints a line for people, beside the answer; scripts do not get it.
func (p *program) note(format string, args ...any) {
	if p.output != outputJSON {
		fmt.Fprintf(p.err, format+"\n", args...)
	}
}

// table writes aligned columns.
type table struct{ w *tabwriter.Writer }

// row writes one row. Cells come from remote systems too, so what could move
// the cursor or colour the screen is taken out.
func (t *table) row(cells ...any) {
	for i, cell := range cells {
		if i > 0 {
			_, _ = io.WriteString(t.w, "\t")
		}
		_, _ = io.WriteString(t.w, clean(text(cell)))
	}
	_, _ = io.WriteString(t.w, "\n")
}

// line writes one line of a document as it is, without what could move the cursor.
func (t *table) line(text string) {
	_, _ = io.WriteString(t.w, clean(text)+"\n")
}

// pair writes a name and a value, unless the value is empty.
func (t *table) pair(name string, value any) {
	if v := text(value); v != "" {
		t.row(name, v)
	}
}

// gap ends a block of columns.
func (t *table) gap() { _, _ = io.WriteString(t.w, "\n") }

// text is a cell as people read it.
func text(cell any) string {
	switch v := cell.(type) {
	case nil:
		return ""
	case string:
		return v
	case time.Time:
		return stamp(v)
	case *time.Time:
		if v == nil {
			return ""
		}
		return stamp(*v)
	case *int64:
		if v == nil {
			return ""
		}
		return fmt.Sprint(*v)
	case []string:
		return strings.Join(v, ", ")
	}
	return fmt.Sprint(cell)
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05Z")
}

// The longest cell, in characters.
const cellLimit = 200

// line writes a sentence on a line of its own, however long it is.
func (p *program) line(s string) { fmt.Fprintln(p.out, harmless(s)) }

func clean(s string) string {
	s = harmless(s)
	if runes := []rune(s); len(runes) > cellLimit {
		s = string(runes[:cellLimit-1]) + "…"
	}
	return s
}

// harmless takes out of a text from a remote system what could move the cursor
// or colour the screen.
func harmless(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\t', r == '\r':
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, s)
}

// tail is the end of an id, by which it can be named.
func tail(id string) string {
	if len(id) <= 8 {
		return id
	}
	return id[len(id)-8:]
}
