package api

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/connectors"
	"github.com/koppel-io/koppel/store"
)

// trace is everything that is known of what a text names in a webshop.
type trace struct {
	Webshop   string           `json:"webshop" format:"uuid"`
	Text      string           `json:"text"`
	Found     bool             `json:"found"`
	Answer    []string         `json:"answer" nullable:"false" doc:"What is known, in sentences"`
	Next      []string         `json:"next" nullable:"false" doc:"What to do, as commands; empty when there is nothing to do"`
	Story     []traceEvent     `json:"story" nullable:"false" doc:"What happened to it, in order"`
	Objects   []tracedObject   `json:"objects" nullable:"false"`
	Records   []tracedRecord   `json:"records" nullable:"false"`
	Parked    []tracedParked   `json:"parked" nullable:"false" doc:"Also those that were resolved"`
	Pushes    []write          `json:"pushes" nullable:"false"`
	Runs      []run            `json:"runs" nullable:"false" doc:"Runs that had a hand in it, or were asked for it by name"`
	Exchanges []tracedExchange `json:"exchanges" nullable:"false" doc:"Failed requests with their answers, redacted"`
	Waiting   []waiting        `json:"waiting" nullable:"false" doc:"References of other objects that wait for it"`
}

// traceEvent is one sentence of the story.
type traceEvent struct {
	At   time.Time `json:"at"`
	Text string    `json:"text"`
	Run  string    `json:"run,omitempty" format:"uuid"`
}

type tracedObject struct {
	ID          string             `json:"id" format:"uuid"`
	Object      koppel.Object      `json:"object"`
	Name        string             `json:"name"`
	ChangedAt   time.Time          `json:"changed_at"`
	DeletedAt   *time.Time         `json:"deleted_at,omitempty"`
	StateReason koppel.StateReason `json:"state_reason,omitempty"`
	Values      *values            `json:"values,omitempty" doc:"For keys that may read objects"`
	Sources     []tracedSource     `json:"sources" nullable:"false"`
}

type tracedSource struct {
	Coupling   string            `json:"coupling" format:"uuid"`
	Name       string            `json:"name"`
	Connector  string            `json:"connector"`
	RemoteID   string            `json:"remote_id"`
	Stream     string            `json:"stream,omitempty"`
	ChangedAt  time.Time         `json:"changed_at"`
	SyncedAt   time.Time         `json:"synced_at" doc:"When a read last saw it"`
	GoneAt     *time.Time        `json:"gone_at,omitempty"`
	GoneReason koppel.GoneReason `json:"gone_reason,omitempty"`
	Run        string            `json:"run,omitempty" format:"uuid"`
}

type tracedRecord struct {
	Coupling  string          `json:"coupling" format:"uuid"`
	Name      string          `json:"name"`
	Stream    string          `json:"stream"`
	RemoteID  string          `json:"remote_id"`
	ParentID  string          `json:"parent_id,omitempty"`
	Parent    bool            `json:"parent,omitempty" doc:"It is what a traced record belongs to"`
	ChangedAt time.Time       `json:"changed_at"`
	GoneAt    *time.Time      `json:"gone_at,omitempty"`
	Run       string          `json:"run,omitempty" format:"uuid"`
	Body      json.RawMessage `json:"body,omitempty" doc:"As it came; with raw=true, for keys that may read objects"`
}

type tracedParked struct {
	parked
	ResolvedAt *time.Time `json:"resolved_at,omitempty"`
}

type tracedExchange struct {
	ID  int64  `json:"id"`
	Run string `json:"run" format:"uuid"`
	koppel.Exchange
}

type traceRequest struct {
	ByID
	Text string `query:"text" required:"true" minLength:"1" maxLength:"255" doc:"SKU, EAN, remote id, order number, reference, tracking code or id of an object"`
	Raw  bool   `query:"raw" doc:"Show the records' bodies too"`
}

func (s *server) traceWebshop(ctx context.Context, who caller, in *traceRequest) (trace, error) {
	scope, err := s.narrow(ctx, who, in.ID)
	if err != nil {
		return trace{}, err
	}
	return store.Read(ctx, s.Store, scope, func(tx *store.Tx) (trace, error) {
		found, err := tx.Trace(ctx, in.Text)
		if err != nil {
			return trace{}, err
		}
		page, err := tx.Couplings(ctx, store.CouplingFilter{Limit: 500})
		if err != nil {
			return trace{}, err
		}
		out := showTrace(found, who.key.Allows(objectsRead), in.Raw)
		out.Webshop, out.Text, out.Found = in.ID, in.Text, found.Known()
		names := map[string]string{}
		for _, c := range page.Items {
			names[c.UUID] = c.Name
		}
		n := narrator{found, names, who.key.Allows(objectsRead)}
		out.Story, out.Answer, out.Next = n.story(), n.answer(), n.next()
		if !out.Found {
			out.Answer, out.Next, err = s.notKnown(ctx, tx, in.Text, page.Items)
		}
		return out, err
	})
}

func showTrace(found store.Trace, mayRead, raw bool) trace {
	out := trace{
		Objects: each(found.Objects, func(o store.ObjectRow) tracedObject { return showTracedObject(o, mayRead) }),
		Records: each(found.Records, func(r store.TracedRecord) tracedRecord {
			shown := tracedRecord{
				Coupling: r.CouplingUUID, Name: r.CouplingName, Stream: r.Stream, RemoteID: r.RemoteID, ParentID: text(r.ParentID), Parent: !r.Direct,
				ChangedAt: r.ChangedAt, GoneAt: r.GoneAt, Run: text(r.RunUUID),
			}
			if raw && mayRead {
				shown.Body = r.Body()
			}
			return shown
		}),
		Parked: each(found.Parked, func(p store.ParkedRow) tracedParked { return tracedParked{showParked(p), p.ResolvedAt} }),
		Pushes: each(found.Pushes, showWrite),
		Runs:   each(found.Runs, showRun),
		Exchanges: each(found.Exchanges, func(x store.TracedExchange) tracedExchange {
			return tracedExchange{ID: x.ID, Run: x.RunUUID, Exchange: x.Data}
		}),
		Waiting: each(found.Waiting, showWaiting),
	}
	return out
}

func showTracedObject(o store.ObjectRow, mayRead bool) tracedObject {
	shown := tracedObject{
		ID: o.UUID, Object: o.Object, Name: nameOf(o), ChangedAt: o.ChangedAt, DeletedAt: o.DeletedAt, StateReason: koppel.StateReason(text(o.StateReason)),
		Sources: each(o.Sources, func(s store.SourceRow) tracedSource {
			return tracedSource{
				Coupling: s.CouplingUUID, Name: s.CouplingName, Connector: s.Connector, RemoteID: s.RemoteID, Stream: text(s.Stream), ChangedAt: s.ChangedAt,
				SyncedAt: s.SyncedAt, GoneAt: s.GoneAt, GoneReason: koppel.GoneReason(text(s.GoneReason)), Run: text(s.RunUUID),
			}
		}),
	}
	if mayRead {
		shown.Values = &values{o.Object.Fields(), o.Values}
	}
	return shown
}

// nameOf is how people call an object: its number or reference, else its name, else its code.
func nameOf(o store.ObjectRow) string {
	for _, field := range []string{"number", "reference", "name", "tracking_code", "sku_code"} {
		if i, _, ok := o.Object.Field(field); ok {
			if name, _ := o.Values[i].(string); name != "" {
				return name
			}
		}
	}
	return ""
}

// notKnown says what to do about a text that nothing has: when the couplings
// last looked, and how to ask the remotes for it.
func (s *server) notKnown(ctx context.Context, tx *store.Tx, sought string, couplings []store.Coupling) (answer, next []string, err error) {
	answer = []string{"Nothing of this webshop has " + quoted(sought) + ": no object, no stored record and no parked record."}
	next = []string{}
	for _, c := range couplings {
		runs, err := tx.LastRuns(ctx, c.ID)
		if err != nil {
			return nil, nil, err
		}
		answer = append(answer, lookedLast(c, runs)...)
		connector, err := s.connectorOf(ctx, c)
		if err != nil {
			return nil, nil, err
		}
		if c.State != koppel.CouplingActive {
			continue
		}
		for _, ask := range []struct {
			object koppel.Object
			flag   string
		}{{koppel.SellOrders, "--number"}, {koppel.Products, "--sku"}, {koppel.Products, "--ean"}} {
			if finds(connector, ask.object, ask.flag) {
				next = append(next, "koppel sync "+c.UUID+" "+string(ask.object)+" "+ask.flag+" "+shellWord(sought)+" --wait")
			}
		}
	}
	return answer, next, nil
}

// finds reports whether a connector finds an object by what a flag of sync names.
func finds(connector *connectors.Connector, object koppel.Object, flag string) bool {
	group, ok := connector.Group(object)
	return ok && slices.ContainsFunc(group.Streams, func(name string) bool {
		find := connector.Stream(name).Find
		return find != nil && (flag == "--number" && find.Number != nil || flag == "--sku" && find.SKU != nil || flag == "--ean" && find.EAN != nil)
	})
}
