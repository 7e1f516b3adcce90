package api

import (
	"strings"
)

// diffContext is how many lines that stay are shown around those that change,
// diffMost the most lines that are compared one by one.
const (
	diffContext = 3
	diffMost    = 2000
)

// lineDiff shows how a text became another one: lines that go begin with "- ",
// lines that come with "+ ", and a few around them with two blanks.
func lineDiff(before, after string) string {
	if before == after {
		return ""
	}
	a, b := textLines(before), textLines(after)
	head := 0
	for head < len(a) && head < len(b) && a[head] == b[head] {
		head++
	}
	tail := 0
	for tail < len(a)-head && tail < len(b)-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	var marked []string
	for _, line := range a[:head] {
		marked = append(marked, "  "+line)
	}
	marked = append(marked, middle(a[head:len(a)-tail], b[head:len(b)-tail])...)
	for _, line := range a[len(a)-tail:] {
		marked = append(marked, "  "+line)
	}
	return around(marked)
}

func textLines(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(text, "\n"), "\n")
}

// middle marks lines by their longest common run of lines; very long texts are replaced as a whole.
func middle(a, b []string) (marked []string) {
	var length [][]int
	if len(a) <= diffMost && len(b) <= diffMost {
		length = make([][]int, len(a)+1)
		for i := range length {
			length[i] = make([]int, len(b)+1)
		}
		for i := len(a) - 1; i >= 0; i-- {
			for j := len(b) - 1; j >= 0; j-- {
				if a[i] == b[j] {
					length[i][j] = length[i+1][j+1] + 1
				} else {
					length[i][j] = max(length[i+1][j], length[i][j+1])
				}
			}
		}
	}
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case length != nil && i < len(a) && j < len(b) && a[i] == b[j]:
			marked = append(marked, "  "+a[i])
			i, j = i+1, j+1
		case i < len(a) && (j == len(b) || length == nil || length[i+1][j] >= length[i][j+1]):
			marked = append(marked, "- "+a[i])
			i++
		default:
			marked = append(marked, "+ "+b[j])
			j++
		}
	}
	return marked
}

// around keeps what changes and a few lines beside it.
func around(marked []string) string {
	keep := make([]bool, len(marked))
	for i, line := range marked {
		if line[0] != ' ' {
			for j := max(0, i-diffContext); j <= min(len(marked)-1, i+diffContext); j++ {
				keep[j] = true
			}
		}
	}
	var out strings.Builder
	for i, line := range marked {
		switch {
		case keep[i]:
			out.WriteString(line + "\n")
		case i > 0 && keep[i-1]:
			out.WriteString("  …\n")
		}
	}
	return out.String()
}
