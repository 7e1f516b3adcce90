package rest

import (
	"cmp"
	"reflect"
	"slices"
	"time"

	"github.com/koppel-io/koppel"
)

// Webhooks says how the remote tells of changes by calling us, and how it is
// asked to. Of a call, expressions read request (method, query, header by
// lower-case name, size) and body.
type Webhooks struct {
	Verify WebhookVerify `y:"verify,required" doc:"How a call is known to be the remote's"`
	// Pings are calls that only try the address; they are answered, and neither verified nor stored.
	Pings []WebhookPing `y:"ping,one" doc:"Calls that only try the address: answered 200, not verified, not stored" scope:"request,body"`
	Topic *Expr         `y:"topic" doc:"Topic of a call; the subscription's own when absent" scope:"request,body"`
	// EventID tells events apart beside the body.
	EventID *Expr         `y:"event_id" doc:"The remote's id of the event; a call of the same id and body is a repeat" scope:"request,body"`
	Topics  WebhookTopics `y:"topics,required" doc:"What there is to be told of, by the remote's name, and what follows from it" scope:"body"`
	Per     string        `y:"per" doc:"Whether there is one subscription for each topic, or one for all of them; topic when absent" enum:"topic,coupling"`
	Gather  time.Duration `y:"gather" doc:"For how long what calls name is gathered before it is read; 2s when absent"`

	Subscribe   *WebhookSubscribe `y:"subscribe" doc:"How a subscription is made; a person makes it when absent" scope:"topic,topics,callback,secret"`
	List        *WebhookList      `y:"list" doc:"How subscriptions are listed: one of ours that nobody knows of is ended" scope:"topic,topics"`
	Health      *WebhookHealth    `y:"health" doc:"How it is seen that a subscription still stands; it is lost where the remote answers 404" scope:"topic,topics,callback,secret,subscription"`
	Renew       *WebhookWrite     `y:"renew" doc:"How a subscription that the remote switched off is switched on again; it is made anew when absent" scope:"topic,topics,callback,secret,subscription"`
	Unsubscribe *WebhookWrite     `y:"unsubscribe" doc:"How a subscription is ended" scope:"topic,topics,callback,secret,subscription"`
}

// AllTopics stands for the topic of a subscription to all of them.
const AllTopics = "*"

// gather is how long keys wait for more, unless a rule says otherwise.
func (w *Webhooks) gather(r *WebhookRule) time.Duration {
	return cmp.Or(r.Gather, w.Gather, 2*time.Second)
}

// WebhookPing is a call that only tries the address.
type WebhookPing struct {
	When   *Expr     `y:"when,required" doc:"Condition by which such a call is known"`
	Answer *Template `y:"answer" doc:"Body of the answer, as text; empty when absent"`
}

// WebhookTopics are topics in the order of the file.
type WebhookTopics []WebhookTopic

// WebhookTopic is what the remote tells of, with what follows.
type WebhookTopic struct {
	Name  string
	Rules []WebhookRule
}

// WebhookRule is what follows from a call: exactly one of reads, lands, gone
// and changed names the stream.
type WebhookRule struct {
	When    *Expr  `y:"when" doc:"Condition under which the rule applies; of several rules, each that applies counts"`
	Reads   string `y:"reads" doc:"Stream of which the record with the id is read"`
	Lands   string `y:"lands" doc:"Stream whose record is in the call, whole"`
	Gone    string `y:"gone" doc:"Stream of which the record with the id was deleted"`
	Changed string `y:"changed" doc:"Stream of which something changed: what changed in its group is read"`
	ID      *Expr  `y:"id" doc:"Id of the record, or a list of ids; with reads and gone"`
	// Records is where the record is, with lands.
	Records Selector      `y:"records" doc:"Where the record is in the body, with lands; the whole body when absent"`
	Gather  time.Duration `y:"gather" doc:"For how long it is gathered before it is read, where the budget asks for longer"`
}

// Stream is the stream that the rule is about.
func (r *WebhookRule) Stream() string { return cmp.Or(r.Reads, r.Lands, r.Gone, r.Changed) }

// WebhookSubscribe makes a subscription.
type WebhookSubscribe struct {
	Request `y:",inline"`
	ID      *Expr     `y:"id" doc:"The remote's id of the subscription" scope:"body"`
	Keep    Params    `y:"keep" doc:"Values of the answer that the poll needs: kept" scope:"body"`
	Poll    *PushPoll `y:"poll" doc:"How the outcome is asked for, where the remote takes it now and does it later" scope:"kept"`
}

// WebhookList lists the subscriptions of the account.
type WebhookList struct {
	Request  `y:",inline"`
	Records  Selector `y:"records" doc:"Where the subscriptions are in the answer; the whole body when absent"`
	ID       *Expr    `y:"id,required" doc:"The remote's id of the subscription" scope:"record"`
	Callback *Expr    `y:"callback,required" doc:"Address that it calls" scope:"record"`
}

// WebhookHealth asks how a subscription stands.
type WebhookHealth struct {
	Request `y:",inline"`
	OK      *Expr `y:"ok" doc:"Condition that it is switched on; that it is there when absent" scope:"body"`
}

// WebhookWrite changes or ends a subscription.
type WebhookWrite struct {
	Request `y:",inline"`
}

func (t *WebhookTopics) decodeNode(d *decoder, n *node, scope []string) {
	if !d.wants(n, mapNode) {
		return
	}
	for _, m := range n.members {
		topic := WebhookTopic{Name: m.name}
		items := []*node{m.value}
		if m.value.kind == listNode {
			items = m.value.items
		}
		for _, item := range items {
			var rule WebhookRule
			d.decodeInto(item, &rule, scope)
			rule.Records.whole()
			rule.check(d, item)
			topic.Rules = append(topic.Rules, rule)
		}
		*t = append(*t, topic)
	}
}

func (*WebhookTopics) schemaOf(s schemas) schema {
	rule := s.reference(reflect.TypeFor[WebhookRule](), false)
	return schema{"type": "object", "additionalProperties": schema{"anyOf": []any{rule, schema{"type": "array", "items": rule}}}}
}

func (r *WebhookRule) check(d *decoder, n *node) {
	if n.kind != mapNode {
		return
	}
	streams := 0
	for _, name := range []string{r.Reads, r.Lands, r.Gone, r.Changed} {
		if name != "" {
			streams++
		}
	}
	switch {
	case streams != 1:
		d.fail(n, "exactly one of reads, lands, gone and changed belongs here")
	case (r.Reads != "" || r.Gone != "") && r.ID == nil:
		d.fail(n, "id is missing: which record of %s?", r.Stream())
	case (r.Lands != "" || r.Changed != "") && r.ID != nil:
		d.fail(n.get("id"), "id goes with reads and gone")
	case r.Lands == "" && n.get("records") != nil:
		d.fail(n.get("records"), "records goes with lands")
	}
}

// checkWebhooks holds the rules to streams that can do what they ask.
func (m *Manifest) checkWebhooks(d *decoder, n *node) {
	w := m.Webhooks
	if w == nil || n == nil || n.kind != mapNode {
		return
	}
	w.Verify.check(d, n.get("verify"))
	if len(w.Topics) == 0 && n.get("topics") != nil {
		d.fail(n.get("topics"), "expected at least one topic")
	}
	for _, topic := range w.Topics {
		at := n.get("topics").get(topic.Name)
		for i, rule := range topic.Rules {
			place := at
			if at.kind == listNode {
				place = at.items[i]
			}
			m.checkRule(d, place, &rule)
		}
	}
	if w.Per == "coupling" && w.Topic == nil {
		d.fail(n, "topic is missing: with one subscription for all topics each call has to tell its own")
	}
	if w.Subscribe != nil {
		checkTarget(d, n.get("subscribe"), &w.Subscribe.Request, "post", "put")
		if w.Subscribe.ID == nil && (w.Subscribe.Poll == nil || w.Subscribe.Poll.ID == nil) {
			d.fail(n.get("subscribe"), "id is missing: The remote's id of the subscription")
		}
		if w.Subscribe.Poll != nil {
			checkTarget(d, n.get("subscribe").get("poll"), &w.Subscribe.Poll.Request, "get", "post")
		}
		if w.Unsubscribe == nil {
			d.fail(n.get("subscribe"), "unsubscribe is missing: what is made has to be ended one day")
		}
	}
	if w.List != nil {
		checkTarget(d, n.get("list"), &w.List.Request, "get", "post")
		w.List.Records.whole()
	}
	if w.Health != nil {
		checkTarget(d, n.get("health"), &w.Health.Request, "get", "post")
	}
	for name, write := range map[string]*WebhookWrite{"renew": w.Renew, "unsubscribe": w.Unsubscribe} {
		if write != nil {
			checkTarget(d, n.get(name), &write.Request, writes...)
		}
	}
}

func (m *Manifest) checkRule(d *decoder, n *node, r *WebhookRule) {
	name := r.Stream()
	if name == "" {
		return
	}
	s := m.Stream(name)
	if s == nil {
		var names []string
		for _, s := range m.Streams {
			names = append(names, s.Name)
		}
		d.fail(n, "no stream %s%s", name, suggest(name, names))
		return
	}
	all := append([]*Stream{s}, s.alternatives()...)
	if r.Reads != "" && !slices.ContainsFunc(all, func(s *Stream) bool { return s.One != nil }) {
		d.fail(n, "stream %s has no one: by what is a single record read?", name)
	}
	if r.Lands != "" && s.ParentStream() != "" {
		d.fail(n, "a record of %s belongs to one of %s, which the call does not name; give reads in place of lands", name, s.ParentStream())
	}
}

// Topics are the names of what a coupling is told of, of those that wanted
// holds for.
func (w *Webhooks) TopicNames(wanted func(stream string) bool) []string {
	var names []string
	for _, topic := range w.Topics {
		if slices.ContainsFunc(topic.Rules, func(r WebhookRule) bool { return wanted(r.Stream()) }) {
			names = append(names, topic.Name)
		}
	}
	return names
}

// topic returns the named topic, or nil.
func (w *Webhooks) topic(name string) *WebhookTopic {
	for i := range w.Topics {
		if w.Topics[i].Name == name {
			return &w.Topics[i]
		}
	}
	return nil
}

// noWebhooks is the error for a connector that has none.
func noWebhooks(m *Manifest) error {
	return koppel.E(koppel.KindInvalidRequest, "receive webhook", "connector "+m.Connector+" has no webhooks")
}
