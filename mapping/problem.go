package mapping

import (
	"fmt"
	"sort"
	"strings"
)

// Problem is one thing wrong with a mapping, where it stands and what was
// expected instead.
type Problem struct {
	File   string `json:"file"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
	// Path is the place in the YAML, such as objects.products.price.
	Path string `json:"path"`
	// Expression is the whole expression, empty when the YAML itself is wrong.
	Expression string `json:"expression,omitempty"`
	// Stream is the stream for which the expression is wrong.
	Stream   string `json:"stream,omitempty"`
	Message  string `json:"message"`
	Expected string `json:"expected,omitempty"`
}

// String is the problem on one line, as editors read it.
func (p Problem) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s:%d:%d: ", p.File, p.Line, p.Column)
	if p.Path != "" {
		fmt.Fprintf(&b, "%s: ", p.Path)
	}
	b.WriteString(p.Message)
	if p.Expected != "" {
		fmt.Fprintf(&b, "; expected %s", p.Expected)
	}
	if p.Stream != "" {
		fmt.Fprintf(&b, " (stream %s)", p.Stream)
	}
	if p.Expression != "" {
		fmt.Fprintf(&b, ", in: %s", shorten(strings.Join(strings.Fields(p.Expression), " ")))
	}
	return b.String()
}

// Problems is everything wrong with one mapping, in the order of the file.
type Problems []Problem

// Error lists the problems, one a line.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, problem := range p {
		lines[i] = problem.String()
	}
	return strings.Join(lines, "\n")
}

// tidy sorts the problems and drops what several streams have in common.
func (p Problems) tidy() Problems {
	sort.SliceStable(p, func(i, j int) bool {
		if p[i].File != p[j].File {
			return p[i].File < p[j].File
		}
		if p[i].Line != p[j].Line {
			return p[i].Line < p[j].Line
		}
		return p[i].Column < p[j].Column
	})
	var out Problems
	for _, problem := range p {
		same := false
		for i := range out {
			o := &out[i]
			if o.File == problem.File && o.Line == problem.Line && o.Column == problem.Column && o.Message == problem.Message {
				same = true
				if o.Stream != problem.Stream && problem.Stream != "" {
					o.Stream += ", " + problem.Stream
				}
			}
		}
		if !same {
			out = append(out, problem)
		}
	}
	return out
}

// shorten keeps what fits a line beside the rest of a message.
func shorten(text string) string {
	if short := cutAt(text, 160); len(short) < len(text) {
		return short + "…"
	}
	return text
}
