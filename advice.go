package koppel

import (
	"errors"
	"strings"
)

// Advice is an error as a person reads it: what happened, with the specific
// value, who must act and the exact next command.
type Advice struct {
	Kind   Kind   `json:"kind" doc:"Stable kind of the error; says what to do next"`
	Title  string `json:"title" doc:"What happened, in one sentence"`
	Detail string `json:"detail" doc:"The specific value: field, scope, shop, expiry"`
	Owner  Owner  `json:"owner" enum:"customer,vendor,us" doc:"Who must act"`
	Next   string `json:"next" doc:"The next step, with the exact command"`
}

// Advise turns err into Advice. couplingID and runID fill the command; where
// one is unknown the placeholder names what belongs there.
func Advise(err error, couplingID, runID string) Advice {
	kind := KindOf(err)
	row := kind.row()
	next := row.next
	var known *Error
	if errors.As(err, &known) && known.Next != "" {
		next = known.Next
	}
	fill := strings.NewReplacer("{coupling}", orPlaceholder(couplingID, "COUPLING"), "{run}", orPlaceholder(runID, "RUN"))
	return Advice{Kind: kind, Title: row.title, Detail: DetailOf(err), Owner: row.owner, Next: fill.Replace(next)}
}

func orPlaceholder(value, name string) string {
	if value == "" {
		return name
	}
	return value
}
