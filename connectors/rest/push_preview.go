package rest

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sort"

	"github.com/koppel-io/koppel"
)

// Preview is what a push would do now. It holds no secrets.
type Preview struct {
	// ID is the remote's id of the object; empty when the remote has none.
	ID string `json:"id,omitempty"`
	// Requests are those that would be sent, in order; none when the remote
	// has everything already.
	Requests []PreviewRequest `json:"requests"`
	// Differences say where what would be sent differs from what the remote has.
	Differences []Difference `json:"differences,omitempty"`
}

// PreviewRequest is one request that would be sent. What an earlier request's
// answer would give stands in braces.
type PreviewRequest struct {
	Step   string          `json:"step,omitempty"`
	Method string          `json:"method"`
	URL    string          `json:"url"`
	Body   json.RawMessage `json:"body,omitempty"`
}

// Difference is one member that a request would change.
type Difference struct {
	Path   string `json:"path"`
	Remote any    `json:"remote"`
	Ours   any    `json:"ours"`
}

// previewMost bounds what is shown.
const previewMost = 200

// Preview tells what Push would send, after the look-ups that it would make.
// Nothing is written to the remote.
func (c *Client) Preview(ctx context.Context, in Pushing) (Preview, error) {
	in.Save, in.LookUp = nil, true
	p, err := c.pushing(in)
	if err != nil {
		return Preview{}, err
	}
	out := Preview{ID: p.State.ID, Requests: []PreviewRequest{}}
	if p.sets() {
		return out, p.previewSet(ctx, &out)
	}
	ended, err := p.look(ctx)
	if isUnknown(err) {
		err = koppel.Wrap(p.op, err)
	}
	if err != nil || ended {
		return out, err
	}
	out.ID = p.State.ID
	for _, step := range p.words.operation(in.Operation).inOrder() {
		if err := p.previewStep(step, &out); err != nil {
			return out, err
		}
	}
	return out, nil
}

func (p *pushing) previewSet(ctx context.Context, out *Preview) error {
	words, err := p.setWords()
	if err != nil {
		return err
	}
	now, ours, err := p.value(ctx, words)
	if isUnknown(err) {
		return koppel.Wrap(p.op, err)
	}
	if err != nil || !ours {
		return err
	}
	target, err := p.wantedValue(words, now)
	if err != nil || same(now, target) {
		return err
	}
	p.State.Target = target
	out.Differences = []Difference{{Path: "value", Remote: now, Ours: target}}
	return p.preview(&words.Write, p.env(), out)
}

func (p *pushing) previewStep(step *PushStep, out *Preview) error {
	env := p.env()
	wanted, err := p.wanted(step, env)
	if err == nil && wanted && step.Each == nil {
		err = p.preview(step, env, out)
	} else if err == nil && wanted {
		var items []any
		if items, err = step.Each.list(env); err == nil {
			for _, item := range items {
				if err = p.preview(step, with(env, "item", item), out); err != nil {
					break
				}
			}
		}
	}
	if step.givesID() && p.State.ID == "" {
		p.State.ID = "{id}"
	}
	kept := map[string]any{}
	for _, keep := range step.Keep {
		kept[keep.Name] = "{" + keep.Name + "}"
	}
	p.keep(step, StepState{Kept: kept})
	return err
}

// preview adds one request. A path that cannot be made before an answer is
// there is shown as it is written.
func (p *pushing) preview(step *PushStep, env map[string]any, out *Preview) error {
	if len(out.Requests) >= previewMost {
		return nil
	}
	method, path := step.Request.target()
	shown := PreviewRequest{Step: step.Name, Method: method, URL: path.Source()}
	call, err := p.client.build(p.op, &step.Request, env)
	switch {
	case err == nil:
		shown.URL = p.client.redact.url(call.url)
	case p.State.ID == "{id}":
		out.Requests = append(out.Requests, shown)
		return nil
	default:
		return p.mapping(err)
	}
	if call.body != nil {
		shown.Body = json.RawMessage(p.client.redact.body(call.body))
		if !json.Valid(shown.Body) {
			shown.Body, _ = json.Marshal(string(shown.Body))
		}
		if body, err := decodeJSON(call.body); err == nil && p.remote != nil && step.Each == nil && !p.sets() {
			out.Differences = append(out.Differences, differences("", p.remote, body)...)
		}
	}
	out.Requests = append(out.Requests, shown)
	return nil
}

// differences compares the members of what is sent with those of the same name
// that the remote has.
func differences(path string, remote, ours any) []Difference {
	switch o := ours.(type) {
	case map[string]any:
		r, ok := remote.(map[string]any)
		if !ok {
			break
		}
		var out []Difference
		names := make([]string, 0, len(o))
		for name := range o {
			names = append(names, name)
		}
		sort.Strings(names)
		for _, name := range names {
			if theirs, ok := r[name]; ok {
				out = append(out, differences(join(path, name), theirs, o[name])...)
			}
		}
		return out
	case []any:
		r, ok := remote.([]any)
		if !ok || len(r) != len(o) {
			break
		}
		var out []Difference
		for i := range o {
			out = append(out, differences(fmt.Sprintf("%s[%d]", path, i), r[i], o[i])...)
		}
		return out
	}
	if same(remote, ours) || slices.Equal(encoded(remote), encoded(ours)) {
		return nil
	}
	return []Difference{{Path: path, Remote: remote, Ours: ours}}
}

func encoded(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		return nil
	}
	return b
}
