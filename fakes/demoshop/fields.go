package demoshop

import "strings"

// fieldTree is the parameter _fields: which members to keep, nested by dots.
type fieldTree struct{ sub map[string]*fieldTree }

func parseFields(names []string) *fieldTree {
	root := &fieldTree{sub: map[string]*fieldTree{}}
	for _, name := range names {
		at := root
		for part := range strings.SplitSeq(name, ".") {
			if at.sub == nil {
				at.sub = map[string]*fieldTree{}
			}
			next := at.sub[part]
			if next == nil {
				next = &fieldTree{}
				at.sub[part] = next
			}
			at = next
		}
	}
	return root
}

// onlyID tells whether nothing but the id is wanted.
func (t *fieldTree) onlyID() bool {
	return t != nil && len(t.sub) == 1 && t.sub["id"] != nil
}

// keep copies a rendered value with only the wanted members, in their order.
func (t *fieldTree) keep(b, src []byte) []byte {
	if t == nil || len(t.sub) == 0 || len(src) == 0 || src[0] != '{' {
		return append(b, src...)
	}
	b = append(b, '{')
	start := len(b)
	for k := 1; k < len(src) && src[k] != '}'; {
		if src[k] == ',' {
			k++
		}
		nameEnd := skipValue(src, k)
		valueEnd := skipValue(src, nameEnd+1)
		if sub, ok := t.sub[string(src[k+1:nameEnd-1])]; ok {
			if len(b) > start {
				b = append(b, ',')
			}
			b = append(b, src[k:nameEnd+1]...)
			b = sub.keep(b, src[nameEnd+1:valueEnd])
		}
		k = valueEnd
	}
	return append(b, '}')
}

// skipValue is the end of the JSON value that starts at k. The source is our
// own rendering: valid and without spaces between tokens.
func skipValue(src []byte, k int) int {
	depth := 0
	for ; k < len(src); k++ {
		switch src[k] {
		case '"':
			for k++; src[k] != '"'; k++ {
				if src[k] == '\\' {
					k++
				}
			}
			if depth == 0 {
				return k + 1
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return k
			}
			if depth--; depth == 0 {
				return k + 1
			}
		case ',', ':':
			if depth == 0 {
				return k
			}
		}
	}
	return k
}
