package rest

import (
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/koppel-io/koppel"
)

// Receiver reads calls of one coupling's webhooks. It makes no requests and is
// safe for concurrent use.
type Receiver struct {
	manifest *Manifest
	env      map[string]any
	secret   koppel.Secret
	redact   *redactor
}

// NewReceiver makes a Receiver for the account that config describes; secret
// is the subscription's own. invalid_request says that the connector has no
// webhooks.
func NewReceiver(config ClientConfig, secret koppel.Secret) (*Receiver, error) {
	m := config.Manifest
	if m.Webhooks == nil {
		return nil, noWebhooks(m)
	}
	r := &Receiver{manifest: m, secret: secret, redact: newRedactor()}
	r.redact.addCredentials(m.Credentials, config.Credentials)
	r.redact.addCredentials(m.App, config.App)
	r.redact.add(secret.Reveal())
	var err error
	r.env, err = environment(m, config)
	return r, err
}

// Call is one call of a webhook as it came.
type Call struct {
	Method string
	Header http.Header
	Query  url.Values
	Body   []byte

	body    any
	bodyErr error
	decoded bool
}

// decode reads the body once: JSON, or a form as a map of texts. An empty one is null.
func (c *Call) decode() (any, error) {
	if c.decoded {
		return c.body, c.bodyErr
	}
	c.decoded = true
	if len(c.Body) == 0 {
		return nil, nil
	}
	kind, _, _ := mime.ParseMediaType(c.Header.Get("Content-Type"))
	if kind == "application/x-www-form-urlencoded" {
		form, err := url.ParseQuery(string(c.Body))
		c.body, c.bodyErr = flat(form), err
		return c.body, c.bodyErr
	}
	c.body, c.bodyErr = decodeJSON(c.Body)
	return c.body, c.bodyErr
}

// flat takes the first value of each name.
func flat(values map[string][]string) map[string]any {
	out := map[string]any{}
	for name, list := range values {
		if len(list) > 0 {
			out[name] = list[0]
		}
	}
	return out
}

// env is what expressions see of a call; a body that cannot be read is null.
func (r *Receiver) envOf(c *Call) map[string]any {
	header := map[string]any{}
	for name, list := range c.Header {
		if len(list) > 0 {
			header[strings.ToLower(name)] = list[0]
		}
	}
	body, err := c.decode()
	if err != nil {
		body = nil
	}
	env := with(r.env, "body", body)
	env["request"] = map[string]any{"method": c.Method, "header": header, "query": flat(c.Query), "size": int64(len(c.Body))}
	return env
}

// Ping reports whether a call only tries the address, and what is answered.
func (r *Receiver) Ping(c *Call) (answer string, ping bool, err error) {
	env := r.envOf(c)
	for i := range r.manifest.Webhooks.Pings {
		p := &r.manifest.Webhooks.Pings[i]
		// An expression that a real call makes fail is no ping.
		if holds, err := p.When.holds(env); err != nil || !holds {
			continue
		}
		if p.Answer == nil {
			return "", true, nil
		}
		answer, err := p.Answer.render(env, nil)
		return answer, true, r.unclear("answer ping", err)
	}
	return "", false, nil
}

// Event is what a call tells.
type Event struct {
	// ID is the remote's id of the event; empty when it gives none.
	ID string
	// Topic is what it is about.
	Topic string
}

// Event reads id and topic of a call that was verified; own is the topic of
// the subscription by which it came. invalid_request says what cannot be read.
func (r *Receiver) Event(c *Call, own string) (Event, error) {
	const op = "read webhook"
	if _, err := c.decode(); err != nil {
		return Event{}, koppel.E(koppel.KindInvalidRequest, op, "the body is not JSON")
	}
	e, env, w := Event{Topic: own}, r.envOf(c), r.manifest.Webhooks
	for _, field := range []struct {
		from *Expr
		into *string
	}{{w.EventID, &e.ID}, {w.Topic, &e.Topic}} {
		if field.from == nil {
			continue
		}
		value, err := field.from.eval(env)
		if err != nil {
			return Event{}, koppel.E(koppel.KindInvalidRequest, op, r.redact.text(err.Error()))
		}
		*field.into = textOf(value)
	}
	if len(e.ID) > 255 || len(e.Topic) > 255 {
		return Event{}, koppel.E(koppel.KindInvalidRequest, op, "event id and topic have at most 255 characters")
	}
	return e, nil
}

// Effect is what follows from a call for one stream.
type Effect struct {
	Stream string
	// IDs are read, or gone.
	IDs  []string
	Gone bool
	// Records are in the call, whole.
	Records []Record
	// Changed: what changed in the stream's group is read.
	Changed bool
	// Gather is how long it waits for more.
	Gather time.Duration
}

// Effects says what follows from a stored body of a topic; none for a topic
// that no rule is about.
func (r *Receiver) Effects(topic, contentType string, raw []byte) ([]Effect, error) {
	const op = "read webhook"
	w := r.manifest.Webhooks
	of := w.topic(topic)
	if of == nil {
		return nil, nil
	}
	c := &Call{Header: http.Header{"Content-Type": {contentType}}, Body: raw}
	body, err := c.decode()
	if err != nil {
		return nil, koppel.E(koppel.KindSchemaDrift, op, "the body is not JSON")
	}
	env := with(r.env, "body", body)
	var effects []Effect
	for i := range of.Rules {
		rule := &of.Rules[i]
		if rule.When != nil {
			holds, err := rule.When.holds(env)
			if err != nil {
				return nil, r.unclear(op, err)
			}
			if !holds {
				continue
			}
		}
		e := Effect{Stream: rule.Stream(), Gone: rule.Gone != "", Changed: rule.Changed != "", Gather: w.gather(rule)}
		switch {
		case rule.ID != nil:
			e.IDs, err = namedIDs(rule.ID, env)
		case rule.Lands != "":
			e.Records, err = r.records(rule, raw)
		}
		if err != nil {
			return nil, r.unclear(op, err)
		}
		effects = append(effects, e)
	}
	return effects, nil
}

// records cuts what landed into records, as a page of the stream would be.
func (r *Receiver) records(rule *WebhookRule, raw []byte) ([]Record, error) {
	stream := *r.manifest.Stream(rule.Lands)
	stream.Records = rule.Records
	records, err := newSplitter(&stream).split(raw, nil)
	if err != nil {
		return nil, koppel.E(koppel.KindSchemaDrift, "", err.Error())
	}
	return records, nil
}

// namedIDs evaluates an id, or a list of ids.
func namedIDs(e *Expr, env map[string]any) ([]string, error) {
	value, err := e.eval(env)
	if err != nil {
		return nil, err
	}
	ids := idList(value)
	if len(ids) == 0 {
		return nil, koppel.E(koppel.KindSchemaDrift, "", "the call names no id ("+e.source+")")
	}
	return ids, nil
}

func (r *Receiver) unclear(op string, err error) error {
	if err == nil {
		return nil
	}
	kind := koppel.KindMapping
	if koppel.KindOf(err) == koppel.KindSchemaDrift {
		kind = koppel.KindSchemaDrift
	}
	return koppel.E(kind, op, r.redact.text(koppel.DetailOf(err)))
}

// Landed reads one record of a stream that stands alone, as a page would.
func (c *Client) Landed(stream string, raw []byte) ([]Record, error) {
	s, err := c.Stream(stream)
	if err != nil {
		return nil, err
	}
	one := *s
	one.Records = Selector{}
	one.Records.whole()
	records, err := newSplitter(&one).split(raw, nil)
	if err != nil {
		return nil, koppel.E(koppel.KindSchemaDrift, "read "+stream, err.Error())
	}
	for i := range records {
		records[i].Raw = append([]byte(nil), records[i].Raw...)
	}
	return records, nil
}
