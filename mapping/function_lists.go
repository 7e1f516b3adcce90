package mapping

import (
	"fmt"
	"unicode/utf8"

	"github.com/shopspring/decimal"
)

var listFunctions = []Function{
	{Name: "len", Group: "Lists", Signature: "len(value any) int",
		Doc:      "How many characters, elements or members.",
		Examples: []Example{{`len("é!")`, `2`}, {`len([1, 2])`, `2`}},
		run:      length},
	{Name: "has", Group: "Lists", Signature: "has(value any?, item any) bool",
		Doc:      "Whether a list holds the item, or an object has a member of that name that is not null; the operator is in.",
		Examples: []Example{{`has(["a", "b"], "b")`, `true`}, {`"c" in ["a", "b"]`, `false`}, {`has({"a": nil}, "a")`, `false`}},
		run:      func(m *meter, args []any) (any, error) { return contains(m, args[0], args[1]) }},
	{Name: "lookup", Group: "Lists", Signature: "lookup(key any?, table map, [default any?]) any",
		Doc:      "The table's value of a key, which is taken as text; else the default, else null.",
		Examples: []Example{{`lookup("reduced-rate", {"": 21, "reduced-rate": 9})`, `9`}, {`lookup(3, {"1": "new", "3": "sent"})`, `"sent"`}, {`lookup("x", {"a": 1}, 0)`, `0`}},
		infer:    inferLookup,
		run:      lookup},
	{Name: "first", Group: "Lists", Signature: "first(list list) any",
		Doc:      "The first element, null when there is none.",
		Examples: []Example{{`first(["a", "b"])`, `"a"`}, {`first([])`, `nil`}},
		infer:    inferElement,
		run:      func(m *meter, args []any) (any, error) { return index(m, args[0], 0) }},
	{Name: "last", Group: "Lists", Signature: "last(list list) any",
		Doc:      "The last element, null when there is none.",
		Examples: []Example{{`last(["a", "b"])`, `"b"`}},
		infer:    inferElement,
		run:      func(m *meter, args []any) (any, error) { return index(m, args[0], -1) }},
	{Name: "map", Group: "Lists", Predicate: true, Signature: "map(list, expression)",
		Doc:      "The expression on every element; .name is a member of the element, # the element, #index its place.",
		Examples: []Example{{`join(map([{"n": "a"}, {"n": "b"}], .n), "+")`, `"a+b"`}, {`sum(map(1..3, # * 2))`, `12`}}},
	{Name: "filter", Group: "Lists", Predicate: true, Signature: "filter(list, condition)",
		Doc:      "The elements for which the condition holds.",
		Examples: []Example{{`sum(filter(1..4, # > 2))`, `7`}}},
	{Name: "find", Group: "Lists", Predicate: true, Signature: "find(list, condition)",
		Doc:      "The first element for which the condition holds, else null.",
		Examples: []Example{{`find(1..4, # > 2)`, `3`}, {`find([{"key": "ean", "value": "8"}], .key == "ean")?.value`, `"8"`}}},
	{Name: "findLast", Group: "Lists", Predicate: true, Signature: "findLast(list, condition)",
		Doc:      "The last element for which the condition holds, else null.",
		Examples: []Example{{`findLast(1..4, # < 3)`, `2`}}},
	{Name: "findIndex", Group: "Lists", Predicate: true, Signature: "findIndex(list, condition)",
		Doc:      "The place, from 0, of the first element for which the condition holds, else null.",
		Examples: []Example{{`findIndex(["a", "b"], # == "b")`, `1`}}},
	{Name: "any", Group: "Lists", Predicate: true, Signature: "any(list, condition)",
		Doc:      "Whether the condition holds for an element.",
		Examples: []Example{{`any(1..3, # == 2)`, `true`}}},
	{Name: "all", Group: "Lists", Predicate: true, Signature: "all(list, condition)",
		Doc:      "Whether the condition holds for every element.",
		Examples: []Example{{`all(1..3, # > 1)`, `false`}, {`all([], # == 1)`, `true`}}},
	{Name: "none", Group: "Lists", Predicate: true, Signature: "none(list, condition)",
		Doc:      "Whether the condition holds for no element.",
		Examples: []Example{{`none(1..3, # == 9)`, `true`}}},
	{Name: "one", Group: "Lists", Predicate: true, Signature: "one(list, condition)",
		Doc:      "Whether the condition holds for exactly one element.",
		Examples: []Example{{`one(1..3, # > 2)`, `true`}}},
	{Name: "count", Group: "Lists", Predicate: true, Signature: "count(list, [condition])",
		Doc:      "How many elements there are, or for how many the condition holds.",
		Examples: []Example{{`count(1..5, # > 3)`, `2`}, {`count(["a"])`, `1`}}},
	{Name: "sum", Group: "Lists", Predicate: true, Signature: "sum(list, [expression])",
		Doc:      "The elements, or the expression on each, added up exactly; nulls count as nothing, an empty list is 0.",
		Examples: []Example{{`sum([0.1, 0.2])`, `0.3`}, {`sum([{"q": 2, "p": 1.5}], .q * .p)`, `3`}, {`sum([])`, `0`}}},
}

func inferElement(args []static) static {
	if len(args) == 0 {
		return staticAny
	}
	return args[0].element().orNull()
}

func inferLookup([]static) static { return staticAny }

func length(m *meter, args []any) (any, error) {
	switch v := args[0].(type) {
	case string:
		return utf8.RuneCountInString(v), m.scan(len(v))
	case map[string]any:
		return len(v), nil
	}
	list, err := toList(m, args[0])
	return len(list), err
}

func contains(m *meter, in, item any) (any, error) {
	switch x := in.(type) {
	case nil:
		return false, nil
	case map[string]any, map[string]string, *object:
		return hasMember(m, in, item)
	case raw:
		if len(x) > 0 && x[0] == '{' {
			return hasMember(m, in, item)
		}
	}
	list, err := toList(m, in)
	if err != nil {
		return nil, err
	}
	if err := m.step(len(list)); err != nil {
		return nil, err
	}
	for _, v := range list {
		same, err := equal(m, v, item)
		if err != nil {
			return nil, err
		}
		if same {
			return true, nil
		}
	}
	return false, nil
}

func hasMember(m *meter, in, item any) (any, error) {
	name, ok := item.(string)
	if !ok {
		return nil, fmt.Errorf("a member's name must be string, not %s", show(item))
	}
	v, err := get(m, in, name)
	return v != nil, err
}

func lookup(_ *meter, args []any) (any, error) {
	key := ""
	switch k := args[0].(type) {
	case nil:
	case string, int, number, bool, decimal.Decimal:
		text, err := castString(k)
		if err != nil {
			return nil, err
		}
		key = text.(string)
	default:
		return nil, fmt.Errorf("a key must be a single value, not %s", show(k))
	}
	if v, ok := args[1].(map[string]any)[key]; ok {
		return v, nil
	}
	if len(args) == 3 {
		return args[2], nil
	}
	return nil, nil
}
