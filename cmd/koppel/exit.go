package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
)

// The exit codes; they are documented in the help text and never change.
const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2
	exitNotFound    = 3
	exitConflict    = 4
	exitRefused     = 5
	exitNotGreen    = 6
	exitUnreachable = 7
	exitInterrupted = 130
)

// notGreen is a run or an activation that ended, but not with success.
type notGreen struct{ text string }

func (n *notGreen) Error() string { return n.text }

// refused is a remote system that does not take a credential.
type refused struct{ problem client.Problem }

func (r *refused) Error() string { return r.problem.Error() }

// interrupted is a command that a person ended; text says what goes on without it.
type interrupted struct{ text string }

func (i *interrupted) Error() string { return i.text }

var exitOfKind = map[koppel.Kind]int{
	koppel.KindInvalidRequest: exitUsage, koppel.KindNotFound: exitNotFound, koppel.KindConflict: exitConflict,
	koppel.KindAuth: exitRefused, koppel.KindPermission: exitRefused,
	koppel.KindNetwork: exitUnreachable, koppel.KindTimeout: exitUnreachable, koppel.KindRemoteUnavailable: exitUnreachable,
}

// exitCode is the one table from errors to exit codes.
func exitCode(err error) int {
	var (
		wrong   *usage
		bad     *misconfigured
		ended   *notGreen
		stopped *interrupted
		remote  *refused
		problem *client.Problem
		known   *koppel.Error
	)
	switch {
	case errors.As(err, &wrong), errors.As(err, &bad):
		return exitUsage
	case errors.As(err, &ended):
		return exitNotGreen
	case errors.As(err, &stopped), errors.Is(err, context.Canceled):
		return exitInterrupted
	case errors.As(err, &remote):
		return exitRefused
	case errors.As(err, &problem):
		return exitOfProblem(problem)
	case errors.As(err, &known):
		return orFailed(exitOfKind[known.Kind])
	}
	return exitFailed
}

func exitOfProblem(p *client.Problem) int {
	// A 502 or 504 of the API itself (it has a type) speaks of a remote system.
	ours := p.Type != ""
	switch p.Status {
	case 0, http.StatusServiceUnavailable:
		return exitUnreachable
	case http.StatusBadGateway, http.StatusGatewayTimeout:
		if !ours {
			return exitUnreachable
		}
	case http.StatusNotFound:
		return exitNotFound
	case http.StatusConflict:
		return exitConflict
	case http.StatusUnauthorized, http.StatusForbidden:
		return exitRefused
	case http.StatusBadRequest, http.StatusUnprocessableEntity:
		return exitUsage
	}
	return exitFailed
}

func orFailed(code int) int {
	if code == exitOK {
		return exitFailed
	}
	return code
}

// tell prints an error: for people what happened, who must act and how; for
// scripts one JSON object.
func (p *program) tell(err error) {
	var problem *client.Problem
	if p.output == outputJSON {
		if !errors.As(err, &problem) {
			problem = problemOf(err)
		}
		_ = json.NewEncoder(p.err).Encode(problem)
		return
	}
	var (
		known *koppel.Error
		text  = err.Error()
	)
	if !errors.As(err, &problem) && errors.As(err, &known) {
		text = plain(known)
	}
	fmt.Fprintln(p.err, "koppel: "+text)
}

// plain is an error of our own in words: what was done and what is wrong.
func plain(err *koppel.Error) string {
	detail := koppel.DetailOf(err)
	if detail == err.Error() {
		return detail
	}
	return err.Op + ": " + detail
}

// problemOf gives an error that no API told the shape of one that it did.
func problemOf(err error) *client.Problem {
	p := &client.Problem{Kind: koppel.KindOf(err), Title: err.Error(), Owner: koppel.OwnerUs}
	var (
		known  *koppel.Error
		wrong  *usage
		bad    *misconfigured
		remote *refused
	)
	switch {
	case errors.As(err, &remote):
		return &remote.problem
	case errors.As(err, &wrong), errors.As(err, &bad):
		p.Kind = koppel.KindInvalidRequest
	case errors.As(err, &known):
		p.Title, p.Detail = known.Kind.Title(), koppel.DetailOf(err)
	}
	return p
}
