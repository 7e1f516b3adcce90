package api

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

// narrator tells what a trace found in sentences.
type narrator struct {
	store.Trace
	// names are those of the webshop's couplings by outside id.
	names map[string]string
	// mayRead: the key may see the values of objects.
	mayRead bool
}

// nouns are the objects in the singular.
var nouns = map[koppel.Object]string{
	koppel.Suppliers: "supplier", koppel.Products: "product", koppel.ProductCompositions: "composition", koppel.SupplierProducts: "supplier product",
	koppel.SellOrders: "sell order", koppel.Shipments: "shipment", koppel.BuyOrders: "buy order", koppel.ItemDeliveries: "item delivery",
}

func quoted(s string) string { return fmt.Sprintf("%q", s) }

// stamp is a moment as people read it.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05Z") }

var plainWord = regexp.MustCompile(`^[A-Za-z0-9._:/@%+=,-]+$`)

// shellWord is a text as one word of a command line.
func shellWord(s string) string {
	if plainWord.MatchString(s) && !strings.HasPrefix(s, "-") {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// answer says how things stand.
func (n narrator) answer() []string {
	var out []string
	for _, o := range n.Objects {
		out = append(out, n.stands(o))
		if from := n.given(o); from != "" {
			out = append(out, from)
		}
	}
	for _, p := range n.Pushes {
		out = append(out, n.push(p))
	}
	for _, p := range n.Parked {
		if p.ResolvedAt == nil && p.Outbox == nil {
			out = append(out, fmt.Sprintf("Record %s of %s could not be processed: %s (%s; parked %d times, first %s).",
				p.RemoteID, n.names[p.CouplingUUID], p.Reason, fieldOf(p), p.Times, stamp(p.FirstAt)))
		}
	}
	for _, w := range n.Waiting {
		out = append(out, fmt.Sprintf("A %s waits for it since %s.", nouns[w.Object], stamp(w.Since)))
	}
	if len(out) == 0 {
		for _, r := range n.Records {
			out = append(out, fmt.Sprintf("Record %s of %s is stored and made no object: its mapping leaves it out.", r.RemoteID, r.CouplingName))
		}
	}
	return out
}

func fieldOf(p store.ParkedRow) string {
	return strings.Join(slices.DeleteFunc([]string{string(p.Object), p.Field, string(p.Kind)}, func(s string) bool { return s == "" }), " ")
}

// stands says how an object stands, by the fields that people ask about.
func (n narrator) stands(o store.ObjectRow) string {
	var facts []string
	for _, name := range []string{"status", "ignored", "stock_level", "unlimited_stock", "price", "placed_at", "status_remote", "cancelled", "total_value", "carrier"} {
		i, _, ok := o.Object.Field(name)
		if !ok || !n.mayRead || o.Values[i] == nil || o.Values[i] == false {
			continue
		}
		facts = append(facts, strings.ReplaceAll(name, "_", " ")+" "+said(o.Values[i]))
	}
	for i, f := range o.Object.Fields() {
		ref, ok := o.Values[i].(store.Reference)
		if f.Type == koppel.Ref && ok && ref.UUID == nil {
			facts = append(facts, strings.ReplaceAll(f.Name, "_", " ")+" waits for "+quoted(ref.Key))
		}
	}
	sentence := fmt.Sprintf("The %s %s (%s) is there", nouns[o.Object], quoted(nameOf(o)), o.UUID)
	if len(facts) > 0 {
		sentence += ": " + strings.Join(facts, ", ")
	}
	switch reason := koppel.StateReason(text(o.StateReason)); {
	case reason == koppel.StateGone:
		sentence += "; it counts no more, because no source has it any more"
	case reason == koppel.StateRemote:
		sentence += "; it counts no more, because the remote says so"
	case reason == koppel.StatePerson:
		sentence += "; it counts no more, because a person said so"
	}
	return sentence + "."
}

func said(value any) string {
	switch v := value.(type) {
	case decimal.Decimal:
		return v.String()
	case time.Time:
		return stamp(v)
	}
	return fmt.Sprint(value)
}

// given says who gives the object.
func (n narrator) given(o store.ObjectRow) string {
	var from []string
	for _, s := range o.Sources {
		part := fmt.Sprintf("%s as %s (last seen there %s)", s.CouplingName, s.RemoteID, stamp(s.SyncedAt))
		if s.GoneAt != nil {
			part = fmt.Sprintf("%s had it as %s until %s (%s)", s.CouplingName, s.RemoteID, stamp(*s.GoneAt), text(s.GoneReason))
		}
		from = append(from, part)
	}
	if len(from) == 0 {
		return ""
	}
	return "It is in " + strings.Join(from, ", ") + "."
}

// push says how often a write was tried and what came of it.
func (n narrator) push(p store.Outbox) string {
	where := n.names[p.CouplingUUID]
	sentence := fmt.Sprintf("Write %s of %s to %s is %s after %s", p.Operation, p.Reference, where, p.State, attempts(p.Attempts))
	switch {
	case p.State == store.OutboxSent && p.RemoteID != nil:
		sentence = fmt.Sprintf("Write %s of %s was sent to %s once, where it is %s (%s)", p.Operation, p.Reference, where, *p.RemoteID, attempts(p.Attempts))
		if p.Attempts > 1 {
			sentence += "; before each further attempt it was looked up there by its reference"
		}
	case p.Held != nil:
		sentence += ", held by the " + string(*p.Held)
	case p.Error != nil:
		sentence += ": " + p.Error.Detail
	}
	return sentence + "."
}

func attempts(n int32) string {
	if n == 1 {
		return "1 attempt"
	}
	return fmt.Sprintf("%d attempts", n)
}

// next is what a person can do about it.
func (n narrator) next() []string {
	next := []string{}
	add := func(command string) {
		if !slices.Contains(next, command) {
			next = append(next, command)
		}
	}
	for _, p := range n.Parked {
		switch {
		case p.ResolvedAt != nil:
		case p.Outbox != nil:
			add("koppel push show " + *p.Outbox)
		case isReview(p):
			add("koppel review list --coupling " + p.CouplingUUID)
		default:
			add("koppel parked retry " + p.UUID)
		}
	}
	for _, g := range n.Gone {
		if g.Proposal != nil && g.State != nil && *g.State == koppel.ProposalOpen {
			add("koppel proposal show " + *g.Proposal)
		}
	}
	for _, o := range n.Objects {
		add("koppel explain " + string(o.Object) + " " + o.UUID)
	}
	return next
}

// isReview: a person has to link the record.
func isReview(p store.ParkedRow) bool {
	return (p.Kind == koppel.KindConflict || p.Kind == koppel.KindNotFound) && p.Object != "" && p.Field != "" && p.Expression == ""
}

// story is what happened, in order.
func (n narrator) story() []traceEvent {
	events := []traceEvent{}
	tell := func(at time.Time, run *string, format string, args ...any) {
		events = append(events, traceEvent{At: at, Text: fmt.Sprintf(format, args...), Run: text(run)})
	}
	byID := map[int64]store.ObjectRow{}
	for _, o := range n.Objects {
		byID[o.ID] = o
	}
	for _, c := range n.Changes {
		what := fmt.Sprintf("%s %s was %s", nouns[c.Object], quoted(nameOf(byID[c.ObjectID])), c.Operation)
		if fields := c.ChangedFields(); len(fields) > 0 && c.Operation == "updated" {
			what += ": " + strings.Join(fields, ", ")
		}
		tell(c.At, c.RunUUID, "%s", what)
	}
	for _, r := range n.Records {
		if r.Direct {
			tell(r.ChangedAt, r.RunUUID, "%s gave record %s of %s as it is now", r.CouplingName, r.RemoteID, r.Stream)
		}
		if r.GoneAt != nil {
			tell(*r.GoneAt, nil, "record %s of %s was found gone at %s", r.RemoteID, r.Stream, r.CouplingName)
		}
	}
	n.tellTrouble(tell)
	n.tellPushes(tell)
	for _, r := range n.Runs {
		if r.Mode == koppel.ModeSingle {
			tell(r.QueuedAt, &r.UUID, "%s asked for it by name", r.AskedBy)
		}
	}
	slices.SortStableFunc(events, func(a, b traceEvent) int { return a.At.Compare(b.At) })
	return events
}

func (n narrator) tellTrouble(tell func(time.Time, *string, string, ...any)) {
	for _, p := range n.Parked {
		tell(p.FirstAt, nil, "record %s of %s was parked: %s", p.RemoteID, n.names[p.CouplingUUID], p.Reason)
		if p.Times > 1 {
			tell(p.LastAt, p.RunUUID, "record %s was parked again, the %d. time", p.RemoteID, p.Times)
		}
		if p.ResolvedAt != nil {
			tell(*p.ResolvedAt, nil, "record %s is parked no more", p.RemoteID)
		}
	}
	for _, d := range n.Decisions {
		tell(d.DecidedAt, nil, "%s decided about record %s of %s: %s", d.DecidedBy, d.RemoteID, d.CouplingName, d.Action)
	}
	for _, g := range n.Gone {
		if g.Proposal != nil {
			tell(g.At, nil, "proposal %s about record %s of %s is %s", *g.Proposal, g.RemoteID, g.CouplingName, *g.State)
			continue
		}
		tell(g.At, nil, "record %s of %s may be gone (%s)", g.RemoteID, g.CouplingName, g.Reason)
	}
}

func (n narrator) tellPushes(tell func(time.Time, *string, string, ...any)) {
	for _, p := range n.Pushes {
		tell(p.CreatedAt, nil, "write %s of %s to %s was noted", p.Operation, p.Reference, n.names[p.CouplingUUID])
		switch {
		case p.State == store.OutboxSent && p.RemoteID != nil:
			tell(p.UpdatedAt, p.RunUUID, "write %s of %s is there as %s", p.Operation, p.Reference, *p.RemoteID)
		case p.Error != nil:
			tell(p.UpdatedAt, p.RunUUID, "write %s of %s is %s: %s", p.Operation, p.Reference, p.State, p.Error.Detail)
		}
	}
	for _, x := range n.Exchanges {
		outcome := fmt.Sprintf("answered %d", x.Data.Status)
		if x.Data.Error != "" {
			outcome = x.Data.Error
		}
		tell(x.Data.At, &x.RunUUID, "%s %s: %s", x.Data.Method, x.Data.URL, outcome)
	}
}

// lookedLast says when a coupling last read what.
func lookedLast(c store.Coupling, runs []store.LastRun) []string {
	if c.State != koppel.CouplingActive {
		state := string(c.State)
		if c.PauseOwner != nil {
			state += " (" + string(*c.PauseOwner) + ": " + text(c.PauseReason) + ")"
		}
		return []string{c.Name + " is " + state + ", so nothing new is read from it."}
	}
	var out []string
	for _, r := range runs {
		if r.NewestEnded && r.FinishedAt != nil {
			out = append(out, fmt.Sprintf("%s read %s last at %s (%s): %s.", c.Name, r.StreamGroup, stamp(*r.FinishedAt), r.Mode, r.State))
		}
	}
	return out
}
