package rest

import (
	"cmp"
	"regexp"
	"strconv"
	"strings"
)

// Constraint bounds a remote's version: one or more comparisons that must all
// hold, such as ">=5.6 <10.3".
type Constraint struct{ bounds []versionBound }

type versionBound struct{ operator, version string }

var boundForm = regexp.MustCompile(`^(<=|>=|<|>|=)([0-9]+(?:\.[0-9]+)*)$`)

func (c *Constraint) decodeNode(d *decoder, n *node, _ []string) {
	for word := range strings.FieldsSeq(n.text) {
		parts := boundForm.FindStringSubmatch(word)
		if parts == nil {
			d.fail(n, `expected bounds such as "<5.6" or ">=5.6 <10.3"`)
			return
		}
		c.bounds = append(c.bounds, versionBound{parts[1], parts[2]})
	}
	if len(c.bounds) == 0 {
		d.fail(n, `expected bounds such as "<5.6" or ">=5.6 <10.3"`)
	}
}

// allows reports whether the version lies within the bounds; an unknown one never does.
func (c *Constraint) allows(version string) bool {
	if version == "" {
		return false
	}
	for _, b := range c.bounds {
		order := compareVersions(version, b.version)
		ok := map[string]bool{"<": order < 0, "<=": order <= 0, ">": order > 0, ">=": order >= 0, "=": order == 0}[b.operator]
		if !ok {
			return false
		}
	}
	return true
}

// compareVersions compares dotted numbers; a missing part is 0 and anything
// after the number of a part (as in 5.6.0-rc.1) is ignored.
func compareVersions(a, b string) int {
	as, bs := strings.Split(a, "."), strings.Split(b, ".")
	for i := range max(len(as), len(bs)) {
		if order := cmp.Compare(versionPart(as, i), versionPart(bs, i)); order != 0 {
			return order
		}
	}
	return 0
}

func versionPart(parts []string, i int) int {
	if i >= len(parts) {
		return 0
	}
	digits := parts[i]
	if end := strings.IndexFunc(digits, func(r rune) bool { return r < '0' || r > '9' }); end >= 0 {
		digits = digits[:end]
	}
	number, _ := strconv.Atoi(digits)
	return number
}
