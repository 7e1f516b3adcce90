package mapping

import (
	"fmt"
	"strings"
)

// operatorRows are the operators of the language, documented with the functions.
var operatorRows = []Function{
	{Name: "+", Group: "Operators", Operator: true, Signature: "a + b",
		Doc:      "Two numbers added, two texts or two lists joined.",
		Examples: []Example{{`1 + 2`, `3`}, {`0.1 + 0.2`, `0.3`}, {`"a" + "b"`, `"ab"`}, {`nil + 1`, `nil`}}},
	{Name: "-", Group: "Operators", Operator: true, Signature: "a - b",
		Doc:      "The difference of two numbers.",
		Examples: []Example{{`10 - 2.5`, `7.5`}}},
	{Name: "*", Group: "Operators", Operator: true, Signature: "a * b",
		Doc:      "The product of two numbers.",
		Examples: []Example{{`3 * 1.1`, `3.3`}}},
	{Name: "/", Group: "Operators", Operator: true, Signature: "a / b",
		Doc:      "The quotient of two numbers, to 12 decimals; division by zero is an error.",
		Examples: []Example{{`3.40 / 1000`, `0.0034`}, {`1 / 4`, `0.25`}}},
	{Name: "%", Group: "Operators", Operator: true, Signature: "a % b",
		Doc:      "The remainder, with the sign of the first number.",
		Examples: []Example{{`7 % 3`, `1`}}},
	{Name: "== != < <= > >=", Group: "Operators", Operator: true, Signature: "a == b",
		Doc:      "Compare numbers by value, texts by their characters, times by their moment. Null equals only null and is neither less nor more than anything.",
		Examples: []Example{{`1 == 1.0`, `true`}, {`"1" != "01"`, `true`}, {`nil < 1`, `false`}, {`2.5 >= 2`, `true`}}},
	{Name: "and or not", Group: "Operators", Operator: true, Signature: "a and b",
		Doc:      "Join conditions; null counts as false.",
		Examples: []Example{{`true and not false`, `true`}, {`nil or true`, `true`}}},
	{Name: "?:", Group: "Operators", Operator: true, Signature: "condition ? a : b",
		Doc:      "One of two values.",
		Examples: []Example{{`1 > 2 ? "a" : "b"`, `"b"`}}},
	{Name: "??", Group: "Operators", Operator: true, Signature: "a ?? b",
		Doc:      "The first value unless it is null.",
		Examples: []Example{{`nil ?? 0`, `0`}, {`decimal("") ?? 1`, `1`}}},
	{Name: ". ?. []", Group: "Operators", Operator: true, Signature: "a.member, a[0], a[1:3]",
		Doc:      "A member, an element (from the end when negative) or a part. What is not there is null.",
		Examples: []Example{{`{"a": 1}.a`, `1`}, {`["x", "y"][-1]`, `"y"`}, {`["x"][3]`, `nil`}, {`"koppel"[0:3]`, `"kop"`}}},
	{Name: "in", Group: "Operators", Operator: true, Signature: "item in list",
		Doc:      "Whether a list holds the item.",
		Examples: []Example{{`"c" in ["a", "b"]`, `false`}, {`2 in 1..3`, `true`}}},
	{Name: "contains", Group: "Operators", Operator: true, Signature: "text contains part",
		Doc:      "Whether the part occurs in the text; null contains nothing.",
		Examples: []Example{{`"koppel" contains "pp"`, `true`}, {`nil contains "x"`, `false`}}},
	{Name: "startsWith endsWith", Group: "Operators", Operator: true, Signature: "text startsWith part",
		Doc:      "Whether the text begins or ends with the part.",
		Examples: []Example{{`"SKU-1" startsWith "SKU"`, `true`}, {`"a.jpg" endsWith ".png"`, `false`}}},
	{Name: "matches", Group: "Operators", Operator: true, Signature: "text matches pattern",
		Doc:      "Whether a regular expression (RE2), which must be quoted, is found.",
		Examples: []Example{{`"AB12" matches "^[A-Z]+[0-9]+$"`, `true`}, {`"x" matches "^y"`, `false`}}},
	{Name: "..", Group: "Operators", Operator: true, Signature: "from..to",
		Doc:      "The whole numbers between two, both included; at most 10,000.",
		Examples: []Example{{`sum(1..4)`, `10`}, {`count(3..1)`, `0`}}},
	{Name: "let", Group: "Operators", Operator: true, Signature: "let name = value; expression",
		Doc:      "A name for a value.",
		Examples: []Example{{`let a = 2; a * a`, `4`}}},
}

// textOperator makes an operator on two texts; null has no part in common.
func textOperator(name string, holds func(text, part string) bool) func(args ...any) (any, error) {
	return func(args ...any) (any, error) {
		if args[1] == nil || args[2] == nil {
			return false, nil
		}
		text, okText := args[1].(string)
		part, okPart := args[2].(string)
		if !okText || !okPart {
			return nil, fmt.Errorf("%s %s %s cannot be computed; both must be texts", nameOf(args[1]), name, nameOf(args[2]))
		}
		if err := args[0].(*meter).scan(len(text)); err != nil {
			return nil, err
		}
		return holds(text, part), nil
	}
}

func textOperators() map[string]func(args ...any) (any, error) {
	return map[string]func(args ...any) (any, error){
		"contains()":   textOperator("contains", strings.Contains),
		"startsWith()": textOperator("startsWith", strings.HasPrefix),
		"endsWith()":   textOperator("endsWith", strings.HasSuffix),
	}
}
