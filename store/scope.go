package store

import "strconv"

// Scope is what a transaction may see. Make one with ForWebshop, ForOrganisation, AllWebshops or Queues; the zero
// Scope is refused.
type Scope struct {
	kind    scopeKind
	webshop int64
	// organisation is set for scopeOrganisation only.
	organisation int64
}

type scopeKind int

const (
	scopeNone scopeKind = iota
	scopeWebshop
	scopeOrganisation
	scopeAll
	scopeQueues
)

// ForWebshop sees one webshop, by its inner id.
func ForWebshop(id int64) Scope { return Scope{kind: scopeWebshop, webshop: id} }

// ForOrganisation sees the webshops of one organisation, by its inner id, and what is in them; it makes none. Refused
// for the engine role. What needs one webshop refuses it, as it does AllWebshops.
func ForOrganisation(id int64) Scope { return Scope{kind: scopeOrganisation, organisation: id} }

// AllWebshops sees every webshop: for installation keys, and refused for the engine role.
func AllWebshops() Scope { return Scope{kind: scopeAll} }

// Queues names no webshop. The engine role sees the queue tables (couplings, runs, outbox) of all webshops and
// which webshops there are, so that its sweep and dispatch can find work; the app role finds keys and the registry.
func Queues() Scope { return Scope{kind: scopeQueues} }

// setting is the value of koppel.webshop that the policies read.
func (s Scope) setting() string {
	switch s.kind {
	case scopeWebshop:
		return strconv.FormatInt(s.webshop, 10)
	case scopeOrganisation:
		return "0" // no webshop's id
	case scopeAll:
		return "all"
	default:
		return ""
	}
}

// String says what the scope covers, for errors.
func (s Scope) String() string {
	switch s.kind {
	case scopeWebshop:
		return "webshop " + strconv.FormatInt(s.webshop, 10)
	case scopeOrganisation:
		return "organisation " + strconv.FormatInt(s.organisation, 10)
	case scopeAll:
		return "all webshops"
	case scopeQueues:
		return "queues"
	default:
		return "no scope"
	}
}
