package koppel

// Kind says what to do about an error. The set is stable and documented; it is
// the type of the Temporal application error and of the problem+json document.
type Kind string

// The kinds of error.
const (
	KindAuth              Kind = "auth"               // the remote refused the credential
	KindPermission        Kind = "permission"         // the credential lacks a right
	KindRateLimited       Kind = "rate_limited"       // too fast; try later
	KindQuota             Kind = "quota"              // a day's or month's allowance is used up
	KindNotFound          Kind = "not_found"          // the remote does not know the id or path
	KindInvalidRequest    Kind = "invalid_request"    // the remote or we refuse the input
	KindSchemaDrift       Kind = "schema_drift"       // the remote answers in another shape than declared
	KindMapping           Kind = "mapping"            // a mapping expression failed on a record
	KindConflict          Kind = "conflict"           // the state does not allow it
	KindRemoteUnavailable Kind = "remote_unavailable" // 5xx, maintenance
	KindBlocked           Kind = "blocked"            // a firewall page instead of an API answer
	KindTimeout           Kind = "timeout"            // no answer in time
	KindNetwork           Kind = "network"            // no connection: DNS, TLS, reset
	KindBlockedAddress    Kind = "blocked_address"    // a private address or another host, refused by us
	KindCursorExpired     Kind = "cursor_expired"     // older than the remote's retention
	KindTooLarge          Kind = "too_large"          // above a limit of ours
	KindInternal          Kind = "internal"           // a fault of ours
)

// Owner is who must act on an error.
type Owner string

// The owners of an error.
const (
	OwnerCustomer Owner = "customer"
	OwnerVendor   Owner = "vendor"
	OwnerUs       Owner = "us"
)

// kindRow is what a kind means for people and for retries.
type kindRow struct {
	owner Owner
	// passes: waiting can help without anybody acting.
	passes bool
	title  string
	// next is the next step; {coupling} and {run} are filled in.
	next string
}

var kinds = map[Kind]kindRow{
	KindAuth:              {OwnerCustomer, false, "The remote system refused the credentials", "Send the customer a connect link: koppel coupling connect {coupling}"},
	KindPermission:        {OwnerCustomer, false, "The credentials lack a right", "Give the key the missing right in the remote system, then: koppel coupling check {coupling}"},
	KindRateLimited:       {OwnerVendor, true, "The remote system asks to slow down", "Nothing to do: the run goes on by itself. Watch it: koppel run watch {run}"},
	KindQuota:             {OwnerCustomer, true, "The remote system's allowance is used up", "Wait for the stated time or have the allowance raised. Watch it: koppel run watch {run}"},
	KindNotFound:          {OwnerCustomer, false, "The remote system does not know this address or id", "Check the address in the credentials: koppel coupling credentials {coupling}"},
	KindInvalidRequest:    {OwnerUs, false, "The request was refused", "Read what was refused, correct it and try again: koppel run show {run}"},
	KindSchemaDrift:       {OwnerUs, false, "The remote system answers in an unexpected shape", "Compare the captured answer with the connector: koppel run show {run}"},
	KindMapping:           {OwnerUs, false, "A record could not be mapped", "Correct the mapping or the record, then: koppel parked retry --coupling {coupling}"},
	KindConflict:          {OwnerUs, false, "The current state does not allow this", "Look at the state first: koppel coupling show {coupling}"},
	KindRemoteUnavailable: {OwnerVendor, true, "The remote system is unavailable", "Nothing to do: it is tried again by itself. Watch it: koppel run watch {run}"},
	KindBlocked:           {OwnerCustomer, true, "A firewall answers instead of the remote system", "Ask the shop to allow our User-Agent and addresses, then: koppel coupling check {coupling}"},
	KindTimeout:           {OwnerVendor, true, "The remote system did not answer in time", "Nothing to do: it is tried again by itself. Watch it: koppel run watch {run}"},
	KindNetwork:           {OwnerCustomer, true, "The remote system cannot be reached", "Check the address in the credentials: koppel coupling credentials {coupling}"},
	KindBlockedAddress:    {OwnerUs, false, "The address is not allowed", "Use a public address, or let the operator allow it: KOPPEL_ALLOW_ADDRESSES"},
	KindCursorExpired:     {OwnerUs, false, "The remote system no longer keeps changes that old", "Run a full read: koppel sync {coupling} --mode full"},
	KindTooLarge:          {OwnerUs, false, "The answer is above a limit", "Lower the page size in the settings: koppel coupling set {coupling} per_page=50"},
	KindInternal:          {OwnerUs, true, "A fault of ours", "Look at the run and report it: koppel run show {run}"},
}

// Kinds returns every kind, in the order of the documentation.
func Kinds() []Kind {
	return []Kind{
		KindAuth, KindPermission, KindRateLimited, KindQuota, KindNotFound, KindInvalidRequest,
		KindSchemaDrift, KindMapping, KindConflict, KindRemoteUnavailable, KindBlocked, KindTimeout,
		KindNetwork, KindBlockedAddress, KindCursorExpired, KindTooLarge, KindInternal,
	}
}

// Owner says who must act; an unknown kind is ours.
func (k Kind) Owner() Owner { return k.row().owner }

// Passes reports whether waiting can help without anybody acting.
func (k Kind) Passes() bool { return k.row().passes }

// Title is the kind as one sentence for a person.
func (k Kind) Title() string { return k.row().title }

func (k Kind) row() kindRow {
	if r, ok := kinds[k]; ok {
		return r
	}
	return kinds[KindInternal]
}
