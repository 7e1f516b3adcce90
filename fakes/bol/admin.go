package bol

import (
	"net/http"
	"strings"

	"github.com/koppel-io/koppel/fakes/standin"
)

// serveAdmin answers the demo's own endpoints, which no marketplace has.
func (a *Account) serveAdmin(w http.ResponseWriter, r *http.Request) {
	switch r.Method + " " + strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, "/_demo"), "/") {
	case "GET /state":
		standin.Reply(w, a.State())
	case "GET /ledger":
		a.serveLedger(w, r)
	case "GET /truth/orders":
		replyLines(w, a.Orders())
	case "GET /truth/offers":
		replyLines(w, a.Offers())
	case "GET /truth/replenishments":
		replyLines(w, a.Replenishments())
	case "POST /misbehave":
		var m Misbehaviour
		if !standin.Receive(w, r, &m) {
			return
		}
		if err := a.Misbehave(m); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		standin.Reply(w, m)
	case "POST /mutate":
		var in struct {
			Count int `json:"count"`
			Change
		}
		if !standin.Receive(w, r, &in) {
			return
		}
		changed := a.Mutate(min(in.Count, maxRows))
		if in.Change != (Change{}) || in.Count == 0 {
			if err := a.Apply(in.Change); err != nil {
				http.Error(w, err.Error(), http.StatusNotFound)
				return
			}
			changed++
		}
		standin.Reply(w, map[string]int{"changed": changed})
	case "POST /insert":
		var in NewOrder
		if !standin.Receive(w, r, &in) {
			return
		}
		id, err := a.PlaceOrder(in)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		standin.Reply(w, map[string]string{"order": id})
	case "POST /delete":
		var in struct {
			Offer string `json:"offer"`
		}
		if !standin.Receive(w, r, &in) {
			return
		}
		if err := a.Apply(Change{Offer: in.Offer, Delete: true}); err != nil {
			http.Error(w, err.Error(), http.StatusNotFound)
			return
		}
		standin.Reply(w, in)
	case "POST /revoke-tokens":
		a.RevokeTokens()
		standin.Reply(w, a.State())
	case "POST /rotate-key":
		a.RotateKey()
		standin.Reply(w, a.State())
	default:
		http.Error(w, "no such demo endpoint", http.StatusNotFound)
	}
}

func (a *Account) serveLedger(w http.ResponseWriter, r *http.Request) {
	switch kind := r.URL.Query().Get("kind"); kind {
	case "effects":
		standin.Reply(w, a.Effects())
	case "requests":
		standin.Reply(w, a.Requests())
	case "":
		standin.Reply(w, a.Ledger())
	default:
		http.Error(w, "kind: give effects, requests or nothing", http.StatusBadRequest)
	}
}

// replyLines writes one JSON line for each row.
func replyLines[T any](w http.ResponseWriter, rows []T) {
	w.Header().Set("Content-Type", "application/jsonl")
	for _, row := range rows {
		if _, err := w.Write(append(marshal(row), '\n')); err != nil {
			return
		}
	}
}
