package rest

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/koppel-io/koppel"
)

// Captures are values of a remote account in the order of the file.
type Captures []Capture

// Capture is a value that is read once after a login and then stays, or that
// the customer chooses from a list. Expressions read it as credentials.<name>.
type Capture struct {
	Name    string
	Title   string `y:"title" doc:"What is captured, as the customer reads it"`
	Request `y:",inline"`
	Value   *Expr           `y:"value" doc:"The value in the answer" scope:"body"`
	Choices *CaptureChoices `y:"choices" doc:"The list to choose from; where it has one entry, that one is taken"`
}

// CaptureChoices is a request whose records the customer chooses from.
type CaptureChoices struct {
	Request `y:",inline"`
	Records Selector `y:"records" doc:"Where the records are in the answer; the whole body when absent"`
	Value   *Expr    `y:"value,required" doc:"The value of a record" scope:"record"`
	Label   *Expr    `y:"label,required" doc:"How the customer knows it" scope:"record"`
}

// choicesMost is the most entries that a customer is shown.
const choicesMost = 500

func (c *Captures) decodeNode(d *decoder, n *node, scope []string) {
	if !d.wants(n, mapNode) {
		return
	}
	for _, m := range n.members {
		capture := Capture{Name: m.name}
		d.decodeInto(m.value, &capture, scope)
		if capture.Title == "" {
			capture.Title = titleOf(m.name)
		}
		_, path := capture.target()
		if path != nil {
			checkTarget(d, m.value, &capture.Request, "get", "post")
		}
		switch {
		case path == nil && capture.Choices == nil:
			d.fail(m.value, "a captured value needs get and value, or choices")
		case (path == nil) != (capture.Value == nil):
			d.fail(m.value, "get and value go together")
		}
		if capture.Choices != nil {
			checkTarget(d, m.value.get("choices"), &capture.Choices.Request, "get", "post")
			capture.Choices.Records.whole()
		}
		*c = append(*c, capture)
	}
}

func (m *Manifest) checkCaptures(d *decoder, n *node) {
	for _, capture := range m.HTTP.Capture {
		if !nameForm.MatchString(capture.Name) {
			d.fail(n.get(capture.Name), "a name is lower-case letters, digits and _")
		}
		if slices.ContainsFunc(m.Credentials, func(f koppel.Setting) bool { return f.Name == capture.Name }) {
			d.fail(n.get(capture.Name), "credentials has a field of this name already")
		}
	}
}

// Captures names what is captured after a login, in the order of the file.
func (m *Manifest) Captures() (names []string) {
	for _, capture := range m.HTTP.Capture {
		names = append(names, capture.Name)
	}
	return names
}

// Capture reads what the manifest captures, each value with those before it at
// hand. What is known stays: a value is read once and then pinned.
func (c *Client) Capture(ctx context.Context, known map[string]any) ([]koppel.Captured, error) {
	credentials := maps.Clone(c.env["credentials"].(map[string]any))
	env := with(c.env, "credentials", credentials)
	var all []koppel.Captured
	for i := range c.manifest.HTTP.Capture {
		capture := &c.manifest.HTTP.Capture[i]
		found := koppel.Captured{Name: capture.Name, Title: capture.Title, Value: known[capture.Name]}
		if found.Value == nil {
			var err error
			if found, err = c.captureOne(ctx, capture, env); err != nil {
				return nil, err
			}
		}
		credentials[found.Name] = found.Value
		all = append(all, found)
	}
	return all, nil
}

func (c *Client) captureOne(ctx context.Context, capture *Capture, env map[string]any) (found koppel.Captured, err error) {
	op := "read " + capture.Name
	found = koppel.Captured{Name: capture.Name, Title: capture.Title}
	if _, path := capture.target(); path != nil {
		body, a, err := c.ask(ctx, op, &capture.Request, env)
		defer a.release()
		if err != nil {
			return found, err
		}
		if found.Value, err = capture.Value.eval(with(env, "body", body)); err != nil {
			return found, c.drift(ctx, a, err.Error())
		}
		if textOf(found.Value) == "" && capture.Choices == nil {
			return found, c.drift(ctx, a, "the answer has no "+capture.Name+" ("+capture.Value.source+")")
		}
	}
	if capture.Choices == nil {
		return found, nil
	}
	credentials := maps.Clone(env["credentials"].(map[string]any))
	credentials[capture.Name] = found.Value
	found.Choices, err = c.choices(ctx, capture, with(env, "credentials", credentials))
	if err != nil {
		return found, err
	}
	if len(found.Choices) == 1 {
		found.Value, found.Choices = found.Choices[0].Value, nil
	}
	return found, nil
}

func (c *Client) choices(ctx context.Context, capture *Capture, env map[string]any) (list []koppel.Choice, err error) {
	from := capture.Choices
	body, a, err := c.ask(ctx, "list the choices of "+capture.Name, &from.Request, env)
	defer a.release()
	if err != nil {
		return nil, err
	}
	records, _ := from.Records.of(body)
	for _, record := range records {
		inner := with(env, "record", record)
		value, err := from.Value.eval(inner)
		if err != nil {
			return nil, c.drift(ctx, a, err.Error())
		}
		label, err := from.Label.eval(inner)
		if err != nil {
			return nil, c.drift(ctx, a, err.Error())
		}
		if text := textOf(value); text != "" && len(list) < choicesMost {
			list = append(list, koppel.Choice{Value: text, Label: cmp.Or(textOf(label), text)})
		}
	}
	if len(list) == 0 {
		return nil, c.drift(ctx, a, "the account has nothing to choose "+capture.Title+" from")
	}
	return list, nil
}

// ask makes a request and decodes its JSON. Release the answer.
func (c *Client) ask(ctx context.Context, op string, request *Request, env map[string]any) (any, *answer, error) {
	call, err := c.build(op, request, env)
	if err != nil {
		return nil, nil, &koppel.Error{Kind: koppel.KindInvalidRequest, Op: op, Detail: c.redact.text(koppel.DetailOf(err))}
	}
	a, err := c.exchange(ctx, call)
	if err != nil {
		return nil, a, err
	}
	body, err := decodeJSON(a.body.data)
	if err != nil {
		return nil, a, c.drift(ctx, a, "the answer is not JSON")
	}
	return body, a, nil
}
