package rest

import (
	"slices"
	"strings"
)

// suggest names the known word nearest to got, or lists the known ones when
// none is near.
func suggest(got string, known []string) string {
	best, distance := "", 3
	for _, word := range known {
		if d := editDistance(strings.ToLower(got), word); d < distance {
			best, distance = word, d
		}
	}
	if best != "" && distance < max(len(best), 2) {
		return "; did you mean " + best + "?"
	}
	sorted := slices.Sorted(slices.Values(known))
	return "; known here: " + strings.Join(sorted, ", ")
}

// editDistance is Levenshtein's over bytes, for short words.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := diagonal
			if a[i-1] != b[j-1] {
				cost++
			}
			diagonal = row[j]
			row[j] = min(cost, row[j]+1, row[j-1]+1)
		}
	}
	return row[len(b)]
}
