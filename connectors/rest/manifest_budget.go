package rest

import (
	"fmt"
	"slices"
	"strconv"
	"time"
)

// Budget is what the remote allows, shared by all workers.
type Budget struct {
	Key         *Expr    `y:"key" doc:"What the budget counts by; credential when absent" scope:"credential"`
	Concurrency int      `y:"concurrency" doc:"Requests at once"`
	Buckets     []Bucket `y:"buckets" doc:"Requests per span of time"`
	// Learn corrects what is declared by what each answer says.
	Learn      []Learn    `y:"learn,one" doc:"Headers in which the remote tells what is left"`
	Operations Operations `y:"operations" doc:"Budgets of single operations; requests name theirs by budget"`

	_ struct{} `reserved:"cost,errors"`
}

// Bucket is one limit of requests per span of time.
type Bucket struct {
	Name  string        `y:"name,required" doc:"Name in the reason of a wait"`
	Limit Amount        `y:"limit,required" doc:"Requests per span: a number, or one from the settings"`
	Per   time.Duration `y:"per,required" doc:"The span"`
	Burst int           `y:"burst" doc:"Requests at once after a rest; 1 when absent"`
}

// Learn names the headers of one limit. When nothing remains, no request is
// made before the reset: seconds to wait, or a time as Unix seconds or
// milliseconds, told apart by their size.
type Learn struct {
	Remaining string `y:"remaining,required" doc:"Header with the number of requests that are left"`
	Reset     string `y:"reset,required" doc:"Header with the seconds until there are more, or the time (Unix seconds or milliseconds)"`
}

// Operations are budgets by the name of the operation.
type Operations map[string]*Operation

// Operation is the budget of a single operation. What the remote asks to wait
// for one holds up no other.
type Operation struct {
	Buckets []Bucket `y:"buckets" doc:"Requests per span of time"`
}

func (o *Operations) decodeNode(d *decoder, n *node, scope []string) {
	if !d.wants(n, mapNode) {
		return
	}
	*o = Operations{}
	for _, m := range n.members {
		var one Operation
		if m.value.kind != nullNode { // an operation may only be named
			d.decodeInto(m.value, &one, scope)
			checkBuckets(d, m.value.get("buckets"), one.Buckets)
		}
		if !nameForm.MatchString(m.name) {
			d.failAt(m.line, m.column, m.value.path, "a name is lower-case letters, digits and _")
		}
		(*o)[m.name] = &one
	}
}

// OperationName names one of the operations of the budget.
type OperationName string

func (o *OperationName) decodeNode(d *decoder, n *node, _ []string) {
	*o = OperationName(n.text)
	d.operations = append(d.operations, n)
}

// checkOperations holds the names that requests use to those that are declared.
func (h *HTTP) checkOperations(d *decoder) {
	var known []string
	for name := range h.Budget.Operations {
		known = append(known, name)
	}
	slices.Sort(known)
	for _, n := range d.operations {
		if h.Budget.Operations[n.text] == nil {
			d.fail(n, "http.budget.operations has no %s%s", n.text, suggest(n.text, known))
		}
	}
}

// Amount is a whole number above zero, or ${ } that gives one.
type Amount struct {
	number int
	text   *Template
}

func (a *Amount) decodeNode(d *decoder, n *node, scope []string) {
	if n.kind == intNode {
		number, err := strconv.Atoi(n.text)
		if err != nil || number <= 0 {
			d.fail(n, "expected a number above zero")
		}
		a.number = number
		return
	}
	if n.kind != textNode {
		d.fail(n, "expected a number above zero")
		return
	}
	a.text = &Template{}
	a.text.decodeNode(d, n, scope)
}

func (a Amount) value(env map[string]any) (int, error) {
	if a.text == nil {
		return a.number, nil
	}
	value, err := a.text.value(env)
	if err != nil {
		return 0, err
	}
	number, err := strconv.Atoi(textOf(value))
	if err != nil || number <= 0 {
		return 0, fmt.Errorf("%s gives %q, which is no number above zero", a.text.source, textOf(value))
	}
	return number, nil
}

func checkBuckets(d *decoder, n *node, buckets []Bucket) {
	for i, b := range buckets {
		if b.Per <= 0 {
			d.fail(n.items[i], "per must be above zero")
		}
	}
}
