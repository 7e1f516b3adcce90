package rest

import (
	"context"
	"maps"
	"strings"
	"time"

	"github.com/koppel-io/koppel"
)

// Subscription is one subscription as requests about it name it.
type Subscription struct {
	// ID is the remote's id; empty before it is made.
	ID string
	// Topic is what it is about, and Topics all that it is about where it is one for all.
	Topic  string
	Topics []string
	// Callback is the address that the remote calls.
	Callback string
	// Secret is its own secret.
	Secret koppel.Secret
}

// subscribing is what requests about a subscription see.
func (c *Client) subscribing(s Subscription) map[string]any {
	c.redact.add(s.Secret.Reveal())
	c.redact.add(s.Callback[strings.LastIndexByte(s.Callback, '/')+1:])
	topics := make([]any, len(s.Topics))
	for i, topic := range s.Topics {
		topics[i] = topic
	}
	env := maps.Clone(c.env)
	env["topic"], env["topics"], env["callback"], env["secret"] = s.Topic, topics, s.Callback, s.Secret.Reveal()
	env["subscription"] = map[string]any{"id": s.ID}
	return env
}

// Subscribe makes a subscription and gives the remote's id of it. It waits
// for a remote that does it later, at most until ctx ends.
func (c *Client) Subscribe(ctx context.Context, s Subscription) (id string, err error) {
	const op = "subscribe to webhooks"
	words := c.manifest.Webhooks.Subscribe
	env := c.subscribing(s)
	if own := c.manifest.Webhooks.Verify.Secret; own != nil {
		// Calls that nobody can verify are not asked for.
		if secret, err := own.render(c.env, nil); err != nil || secret == "" {
			return "", koppel.E(koppel.KindConflict, op, "there is no secret to verify calls with ("+own.source+"): give our own app its own, koppel app-credential set "+c.manifest.Connector)
		}
	}
	body, a, err := c.ask(ctx, op, &words.Request, env)
	defer a.release()
	if err != nil {
		return "", err
	}
	from := words.ID
	env = with(env, "body", body)
	if words.Poll != nil {
		kept := map[string]any{}
		for _, keep := range words.Keep {
			if kept[keep.Name], err = keep.Value.value(env); err != nil {
				return "", c.drift(ctx, a, err.Error())
			}
		}
		done, err := c.outcome(ctx, op, words.Poll, with(env, "kept", kept))
		if err != nil {
			return "", err
		}
		if words.Poll.ID != nil {
			from, env = words.Poll.ID, with(env, "body", done)
		}
	}
	value, err := from.eval(env)
	if err != nil || textOf(value) == "" {
		return "", c.drift(ctx, a, "the answer has no id of the subscription ("+from.source+")")
	}
	return textOf(value), nil
}

// outcome asks until what the remote took is done, and gives its last answer.
func (c *Client) outcome(ctx context.Context, op string, poll *PushPoll, env map[string]any) (any, error) {
	for {
		body, a, err := c.ask(ctx, op, &poll.Request, env)
		if err != nil {
			a.release()
			return nil, err
		}
		see := c.responseEnv(a, poll.Ended.source, poll.Success.source)
		ended, err := poll.Ended.holds(see)
		success := false
		if err == nil && ended {
			success, err = poll.Success.holds(see)
		}
		detail := c.detail(a)
		if err != nil {
			err = c.drift(ctx, a, err.Error())
		}
		a.release()
		switch {
		case err != nil:
			return nil, err
		case ended && success:
			return body, nil
		case ended:
			return nil, koppel.E(koppel.KindInvalidRequest, op, detail)
		}
		if !pause(ctx, poll.every()) {
			return nil, &koppel.Error{Kind: koppel.KindTimeout, Op: op, Detail: "the remote took the subscription and has not made it yet"}
		}
	}
}

func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// Standing is how a subscription stands at the remote.
type Standing int

// The standings of a subscription.
const (
	Stands Standing = iota
	SwitchedOff
	Lost
)

// SubscriptionHealth asks how a subscription stands. A connector that cannot
// ask takes it for standing.
func (c *Client) SubscriptionHealth(ctx context.Context, s Subscription) (Standing, error) {
	words := c.manifest.Webhooks.Health
	if words == nil {
		return Stands, nil
	}
	env := c.subscribing(s)
	body, a, err := c.ask(ctx, "check webhooks", &words.Request, env)
	defer a.release()
	switch {
	case koppel.KindOf(err) == koppel.KindNotFound:
		return Lost, nil
	case err != nil:
		return Stands, err
	case words.OK == nil:
		return Stands, nil
	}
	ok, err := words.OK.holds(with(env, "body", body))
	if err != nil {
		return Stands, c.drift(ctx, a, err.Error())
	}
	if !ok {
		return SwitchedOff, nil
	}
	return Stands, nil
}

// CanRenew reports whether a subscription that is switched off can be switched
// on again; else it is made anew.
func (m *Manifest) CanRenew() bool { return m.Webhooks != nil && m.Webhooks.Renew != nil }

// RenewSubscription switches a subscription on again.
func (c *Client) RenewSubscription(ctx context.Context, s Subscription) error {
	return c.tell(ctx, "renew webhooks", &c.manifest.Webhooks.Renew.Request, s)
}

// Unsubscribe ends a subscription; one that is not there any more is no error.
func (c *Client) Unsubscribe(ctx context.Context, s Subscription) error {
	words := c.manifest.Webhooks.Unsubscribe
	if words == nil || s.ID == "" {
		return nil
	}
	err := c.tell(ctx, "unsubscribe from webhooks", &words.Request, s)
	if koppel.KindOf(err) == koppel.KindNotFound {
		return nil
	}
	return err
}

// tell makes a request about a subscription whose answer does not matter.
func (c *Client) tell(ctx context.Context, op string, request *Request, s Subscription) error {
	call, err := c.build(op, request, c.subscribing(s))
	if err != nil {
		return &koppel.Error{Kind: koppel.KindInvalidRequest, Op: op, Detail: c.redact.text(koppel.DetailOf(err))}
	}
	a, err := c.exchange(ctx, call)
	a.release()
	return err
}

// Subscriptions lists the remote's ids of subscriptions whose address begins
// with prefix; none where the connector cannot list.
func (c *Client) Subscriptions(ctx context.Context, s Subscription, prefix string) ([]string, error) {
	words := c.manifest.Webhooks.List
	if words == nil {
		return nil, nil
	}
	env := c.subscribing(s)
	body, a, err := c.ask(ctx, "list webhooks", &words.Request, env)
	defer a.release()
	if err != nil {
		return nil, err
	}
	records, _ := words.Records.of(body)
	var ids []string
	for _, record := range records {
		inner := with(env, "record", record)
		callback, err := words.Callback.eval(inner)
		if err != nil {
			return nil, c.drift(ctx, a, err.Error())
		}
		if !strings.HasPrefix(textOf(callback), prefix) {
			continue
		}
		id, err := words.ID.eval(inner)
		if err != nil {
			return nil, c.drift(ctx, a, err.Error())
		}
		ids = append(ids, textOf(id))
	}
	return ids, nil
}

// PublicKeys fetches the keys with which the remote signs its calls, by name;
// none where it does not sign with keys of its own.
func (c *Client) PublicKeys(ctx context.Context) (map[string]string, error) {
	if c.manifest.Webhooks == nil || c.manifest.Webhooks.Verify.Keys == nil {
		return nil, nil
	}
	words := c.manifest.Webhooks.Verify.Keys
	body, a, err := c.ask(ctx, "read the keys of webhooks", &words.Request, c.env)
	defer a.release()
	if err != nil {
		return nil, err
	}
	records, ok := words.Records.of(body)
	if !ok {
		return nil, c.drift(ctx, a, "the answer has no "+words.Records.String())
	}
	keys := map[string]string{}
	for _, record := range records {
		inner := with(c.env, "record", record)
		name, err := words.ID.eval(inner)
		if err != nil {
			return nil, c.drift(ctx, a, err.Error())
		}
		key, err := words.Key.eval(inner)
		if err != nil {
			return nil, c.drift(ctx, a, err.Error())
		}
		keys[textOf(name)] = textOf(key)
	}
	return keys, nil
}
