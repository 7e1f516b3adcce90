package rest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/koppel-io/koppel"
)

// Problem is one thing wrong in a manifest, at its place in the file.
type Problem struct {
	File string
	// Line and Column start at 1.
	Line, Column int
	// Path is the place inside the YAML, such as streams.products.page.
	Path string
	// Message says what is wrong and what was expected.
	Message string
}

// String is file:line:column: path: message, as editors link it.
func (p Problem) String() string {
	at := fmt.Sprintf("%s:%d:%d: ", p.File, p.Line, p.Column)
	if p.Path != "" {
		at += p.Path + ": "
	}
	return at + p.Message
}

// Problems are all the problems of one manifest, in the order of the file.
type Problems []Problem

// Error lists the problems, one a line.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, problem := range p {
		lines[i] = problem.String()
	}
	return strings.Join(lines, "\n")
}

// asError sorts the problems by place and wraps them; nil when there are none.
func (p Problems) asError(file string) error {
	if len(p) == 0 {
		return nil
	}
	slices.SortStableFunc(p, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return &koppel.Error{Kind: koppel.KindInvalidRequest, Op: "read manifest " + file, Err: slices.Compact(p)}
}
