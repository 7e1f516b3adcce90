package mapping

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

var textFunctions = []Function{
	{Name: "trim", Group: "Text", Signature: "trim(text string, [characters string]) string",
		Doc:      "Without spaces, or the given characters, at both ends.",
		Examples: []Example{{`trim("  a b ")`, `"a b"`}, {`trim("--a-", "-")`, `"a"`}},
		run: func(_ *meter, args []any) (any, error) {
			if len(args) == 2 {
				if len(args[1].(string)) > 64 {
					return nil, fmt.Errorf("more than 64 bytes of characters")
				}
				return strings.Trim(args[0].(string), args[1].(string)), nil
			}
			return strings.TrimSpace(args[0].(string)), nil
		}},
	{Name: "lower", Group: "Text", Signature: "lower(text string) string",
		Doc:      "In small letters.",
		Examples: []Example{{`lower("ÀB")`, `"àb"`}},
		run:      grown(func(args []any) string { return strings.ToLower(args[0].(string)) })},
	{Name: "upper", Group: "Text", Signature: "upper(text string) string",
		Doc:      "In capital letters.",
		Examples: []Example{{`upper("ab")`, `"AB"`}},
		run:      grown(func(args []any) string { return strings.ToUpper(args[0].(string)) })},
	{Name: "normalise", Group: "Text", Signature: "normalise(text string) string",
		Doc:      "In small letters, trimmed, with single spaces: for an id made of a name.",
		Examples: []Example{{`normalise("  De  Groot BV ")`, `"de groot bv"`}},
		run: grown(func(args []any) string {
			return strings.Join(strings.Fields(strings.ToLower(args[0].(string))), " ")
		})},
	{Name: "has_prefix", Group: "Text", Signature: "has_prefix(text string, prefix string) bool",
		Doc:      "Whether the text begins so; as an operator startsWith.",
		Examples: []Example{{`has_prefix("SKU-1", "SKU")`, `true`}},
		run: func(_ *meter, args []any) (any, error) {
			return strings.HasPrefix(args[0].(string), args[1].(string)), nil
		}},
	{Name: "has_suffix", Group: "Text", Signature: "has_suffix(text string, suffix string) bool",
		Doc:      "Whether the text ends so; as an operator endsWith.",
		Examples: []Example{{`has_suffix("a.jpg", ".jpg")`, `true`}},
		run: func(_ *meter, args []any) (any, error) {
			return strings.HasSuffix(args[0].(string), args[1].(string)), nil
		}},
	{Name: "trim_prefix", Group: "Text", Signature: "trim_prefix(text string, prefix string) string",
		Doc:      "Without the prefix, when it is there.",
		Examples: []Example{{`trim_prefix("wc-completed", "wc-")`, `"completed"`}},
		run: func(_ *meter, args []any) (any, error) {
			return strings.TrimPrefix(args[0].(string), args[1].(string)), nil
		}},
	{Name: "trim_suffix", Group: "Text", Signature: "trim_suffix(text string, suffix string) string",
		Doc:      "Without the suffix, when it is there.",
		Examples: []Example{{`trim_suffix("10 kg", " kg")`, `"10"`}},
		run: func(_ *meter, args []any) (any, error) {
			return strings.TrimSuffix(args[0].(string), args[1].(string)), nil
		}},
	{Name: "replace", Group: "Text", Signature: "replace(text string, old string, new string) string",
		Doc:      "With every old part replaced. An empty old part is refused.",
		Examples: []Example{{`replace("1,5", ",", ".")`, `"1.5"`}},
		run:      replace},
	{Name: "split", Group: "Text", Signature: "split(text string, separator string) list of string",
		Doc:      "The parts between separators.",
		Examples: []Example{{`join(split("a;b", ";"), "+")`, `"a+b"`}, {`count(split("", ";"))`, `0`}},
		run:      split},
	{Name: "join", Group: "Text", Signature: "join(list list, [separator string]) string",
		Doc:      "The texts of a list after one another; null elements are left out.",
		Examples: []Example{{`join(["Green", nil, "XL"], " ")`, `"Green XL"`}},
		run:      join},
	{Name: "pad_left", Group: "Text", Signature: "pad_left(text string, length int, fill string) string",
		Doc:      "Filled up in front to a length, at most 255.",
		Examples: []Example{{`pad_left("42", 5, "0")`, `"00042"`}},
		run: func(m *meter, args []any) (any, error) {
			text, fill := args[0].(string), args[2].(string)
			missing := args[1].(int) - utf8.RuneCountInString(text)
			if args[1].(int) > 255 || len(fill) != 1 {
				return nil, fmt.Errorf("a length of at most 255 and one plain character to fill with")
			}
			if missing <= 0 {
				return text, nil
			}
			return strings.Repeat(fill, missing) + text, m.grow(len(text) + missing)
		}},
}

// grown pays for a result that is at most three times as long as its text:
// the longest a change of case can make it.
func grown(f func(args []any) string) func(*meter, []any) (any, error) {
	return func(m *meter, args []any) (any, error) {
		if err := m.grow(3 * len(args[0].(string))); err != nil {
			return nil, err
		}
		return f(args), nil
	}
}

func replace(m *meter, args []any) (any, error) {
	text, old, with := args[0].(string), args[1].(string), args[2].(string)
	if old == "" {
		return nil, fmt.Errorf("the text to replace is empty")
	}
	found := strings.Count(text, old)
	if found == 0 {
		return text, nil
	}
	// found is at most len(text) and with at most a budget long, so the
	// product stays far from overflow.
	if err := m.grow(len(text) + found*max(0, len(with)-len(old))); err != nil {
		return nil, err
	}
	return strings.ReplaceAll(text, old, with), nil
}

func split(m *meter, args []any) (any, error) {
	text, separator := args[0].(string), args[1].(string)
	if separator == "" {
		return nil, fmt.Errorf("the separator is empty")
	}
	if text == "" {
		return []any{}, nil
	}
	size := strings.Count(text, separator) + 1
	if err := m.list(size); err != nil {
		return nil, err
	}
	if err := m.grow(len(text) + 16*size); err != nil {
		return nil, err
	}
	list := make([]any, 0, size)
	for part := range strings.SplitSeq(text, separator) {
		list = append(list, part)
	}
	return list, nil
}

func join(m *meter, args []any) (any, error) {
	separator := ""
	if len(args) == 2 {
		separator, _ = args[1].(string)
	}
	size := 0
	list := args[0].([]any)
	for _, v := range list {
		switch text := v.(type) {
		case nil:
		case string:
			if size += len(text) + len(separator); size > maxBytes {
				return nil, errBytes
			}
		default:
			return nil, fmt.Errorf("expected texts, not %s; use map(list, string(#))", show(v))
		}
	}
	if err := m.grow(size); err != nil {
		return nil, err
	}
	var out strings.Builder
	out.Grow(size)
	first := true
	for _, v := range list {
		text, ok := v.(string)
		if !ok {
			continue
		}
		if !first {
			out.WriteString(separator)
		}
		first = false
		out.WriteString(text)
	}
	return out.String(), nil
}
