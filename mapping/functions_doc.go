package mapping

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// WriteFunctions writes the table of operators and functions as Markdown.
func WriteFunctions(w io.Writer) error {
	b := bufio.NewWriter(w)
	fmt.Fprintln(b, "# Functions of expressions")
	fmt.Fprintln(b)
	fmt.Fprintln(b, "Written by `mapping.WriteFunctions` from the table the engine runs; every example is executed by a test. A type with `?` takes null; any other argument that is null makes the result null. What stands in brackets may be left out. `value.name(x)` is the same as `name(value, x)`.")
	group := ""
	for _, f := range Functions() {
		if f.Group != group {
			group = f.Group
			fmt.Fprintf(b, "\n## %s\n\n| form | meaning | examples |\n|---|---|---|\n", group)
		}
		examples := make([]string, len(f.Examples))
		for i, example := range f.Examples {
			examples[i] = code(example.Expr) + " → " + code(example.Result)
		}
		name := code(f.Signature)
		if f.Operator && !strings.Contains(f.Signature, f.Name) {
			name = code(f.Name) + ": " + name
		}
		fmt.Fprintf(b, "| %s | %s | %s |\n", name, strings.ReplaceAll(f.Doc, "|", `\|`), strings.Join(examples, "<br>"))
	}
	return b.Flush()
}

func code(text string) string { return "`" + strings.ReplaceAll(text, "|", `\|`) + "`" }
