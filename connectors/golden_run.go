package connectors

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/connectors/rest"
	"github.com/koppel-io/koppel/mapping"
)

// goldenRun is one case being run.
type goldenRun struct {
	connector *Connector
	file      *goldenFile
	network   *recorded
	client    *rest.Client
	evaluator *mapping.Evaluator
	// known are the records by stream and id: parents and children are looked up in it.
	known  map[[2]string]goldenRecord
	mapped map[koppel.Object]int
}

// goldenOut is what one step gave.
type goldenOut struct {
	Step string `json:"step"`
	// Auth is how the last request was authorized.
	Auth    string `json:"auth,omitempty"`
	Version string `json:"version,omitempty"`
	// Waits counts how often the remote was still at work on a job.
	Waits   int            `json:"waits,omitempty"`
	Pages   [][]string     `json:"pages,omitempty"`
	End     *goldenEnd     `json:"end,omitempty"`
	Error   *goldenError   `json:"error,omitempty"`
	Found   *bool          `json:"found,omitempty"`
	ID      string         `json:"id,omitempty"`
	Lines   []string       `json:"lines,omitempty"`
	Objects []goldenObject `json:"objects,omitempty"`
	// Wait is how long the remote wants to be left alone before it is asked again.
	Wait string `json:"wait,omitempty"`
	// Unwritable: the value is not ours to write.
	Unwritable bool          `json:"unwritable,omitempty"`
	Preview    *rest.Preview `json:"preview,omitempty"`
}

// pushing is the write that a step asks for.
func (s GoldenStep) pushing(object string) rest.Pushing {
	return rest.Pushing{
		Object: koppel.Object(object), Operation: cmp.Or(s.Operation, rest.PushCreate), ID: s.ID, Target: s.Target,
		Vars: s.vars(koppel.Object(object)), LookUp: s.Again, State: s.State,
	}
}

// vars are the variables of a push: times are moments, as the store gives them.
func (s GoldenStep) vars(object koppel.Object) map[string]any {
	fields := maps.Clone(s.Object)
	if fields == nil {
		fields = map[string]any{}
	}
	for _, field := range object.Fields() {
		text, ok := fields[field.Name].(string)
		if at, err := time.Parse(time.RFC3339, text); ok && err == nil && field.Type == koppel.Time {
			fields[field.Name] = at
		}
	}
	return map[string]any{"object": fields}
}

type goldenEnd struct {
	Rule     string           `json:"rule"`
	Complete bool             `json:"complete"`
	Total    int64            `json:"total"`
	Read     int64            `json:"read"`
	Ignored  map[string]int64 `json:"ignored,omitempty"`
	// Cursor is the highest key, of a stream by keyset.
	Cursor string `json:"cursor,omitempty"`
}

type goldenError struct {
	Kind    koppel.Kind  `json:"kind"`
	Detail  string       `json:"detail"`
	Owner   koppel.Owner `json:"owner"`
	Gone    bool         `json:"gone,omitempty"`
	Unknown bool         `json:"outcome_unknown,omitempty"`
}

func newGoldenRun(c *Connector, f *goldenFile) (*goldenRun, error) {
	r := &goldenRun{connector: c, file: f, network: &recorded{exchanges: f.exchanges}, known: map[[2]string]goldenRecord{}, mapped: map[koppel.Object]int{}}
	for _, record := range f.records {
		r.known[[2]string{record.stream, record.id}] = record
	}
	transport, err := rest.NewTransport(rest.TransportConfig{Network: r.network})
	if err != nil {
		return nil, err
	}
	// Per page and the like may be wrong on purpose: the remote answers it.
	settings := c.Defaults(f.spec.Settings)
	now, err := goldenTime(f.spec.Now)
	if err != nil {
		return nil, fmt.Errorf("now: %w", err)
	}
	clock := time.Now
	if !now.IsZero() {
		clock = func() time.Time { return now }
	}
	durations := koppel.DefaultDurations()
	durations.RequestRetries, durations.WaitInside = 0, 0
	r.client, err = rest.NewClient(rest.ClientConfig{
		Manifest: c.Manifest, Credentials: goldenCredentials(c.Credentials, f.spec.Credentials), App: goldenCredentials(c.App, nil),
		Captured: goldenCaptured(c, f.spec.Credentials), Tokens: goldenTokens(c, f.spec.Login), Settings: settings, Version: f.spec.Version,
		Transport: transport, CredentialKey: "golden", Durations: durations, Now: clock,
	})
	if err != nil {
		return nil, err
	}
	r.evaluator = mapping.NewEvaluator(c.Mapping, mapping.Env{Settings: settings, Version: f.spec.Version, Now: now})
	return r, nil
}

// goldenCredentials gives every field that the case leaves out a value of its type.
func goldenCredentials(fields []koppel.Setting, given map[string]string) map[string]koppel.Secret {
	out := map[string]koppel.Secret{}
	for _, s := range fields {
		value, ok := given[s.Name]
		switch {
		case ok:
		case s.Type == koppel.SettingURL:
			value = "https://shop.example"
		case s.Type == koppel.SettingEnum:
			value = s.Choices[0]
		default:
			value = "golden-" + s.Name
		}
		out[s.Name] = koppel.NewSecret(value)
	}
	return out
}

// goldenCaptured are the values that a login would have brought.
func goldenCaptured(c *Connector, given map[string]string) map[string]any {
	out := map[string]any{}
	for _, capture := range c.HTTP.Capture {
		out[capture.Name] = cmp.Or(given[capture.Name], "golden-"+capture.Name)
	}
	return out
}

// goldenTokens stand for the login of a connector that has one, except in a
// case that shows it.
func goldenTokens(c *Connector, shown bool) rest.TokenStore {
	asks := slices.ContainsFunc(c.HTTP.Auth, func(a rest.Auth) bool { return a.ClientCredentials != nil })
	if shown || !c.HasLogin() && !asks {
		return nil
	}
	return rest.FixedToken(koppel.NewSecret("golden-token"))
}

func (r *goldenRun) all(ctx context.Context) ([]goldenOut, error) {
	var outs []goldenOut
	for i, step := range r.file.spec.Steps {
		r.network.auth = ""
		out, err := r.step(ctx, step)
		if len(r.network.wrong) > 0 {
			return nil, errors.New(r.network.wrong[0])
		}
		if err != nil {
			return nil, fmt.Errorf("step %d: %w", i+1, err)
		}
		out.Auth = r.network.auth
		outs = append(outs, out)
	}
	if left := len(r.network.exchanges); left > 0 {
		return nil, fmt.Errorf("%d exchanges were not asked for, the first is %s", left, r.network.exchanges[0].line)
	}
	return outs, nil
}

// step does one step. What the remote refuses is part of what came out; the
// error says that the case itself is wrong.
func (r *goldenRun) step(ctx context.Context, s GoldenStep) (goldenOut, error) {
	switch {
	case s.Check:
		return goldenOut{Step: "check", Error: errorOut(r.client.Check(ctx))}, nil
	case s.Detect:
		version, err := r.client.Detect(ctx)
		return goldenOut{Step: "detect", Version: version, Error: errorOut(err)}, nil
	case s.Read != "":
		return r.read(ctx, s)
	case s.One != "":
		return r.one(ctx, s)
	case s.Find != "":
		records, err := r.client.Find(ctx, s.Find, s.By, s.Value)
		out := goldenOut{Step: fmt.Sprintf("find %s by %s %s", s.Find, s.By, s.Value), Error: errorOut(err)}
		return r.show(out, s.Find, records), nil
	case s.Push != "":
		in := s.pushing(s.Push)
		pushed, err := r.client.Push(ctx, in)
		out := goldenOut{Step: "push " + s.Push, ID: pushed.ID, Lines: pushed.Lines, Error: errorOut(err)}
		if in.Operation != rest.PushCreate {
			out.Step = in.Operation + " " + s.Push
		}
		if pushed.Wait > 0 {
			out.Wait = pushed.Wait.String()
		}
		out.Unwritable = pushed.Unwritable
		return out, nil
	case s.Preview != "":
		shown, err := r.client.Preview(ctx, s.pushing(s.Preview))
		return goldenOut{Step: "preview " + s.Preview, Preview: &shown, Error: errorOut(err)}, nil
	case s.LookUp != "":
		pushed, found, err := r.client.FindPushed(ctx, koppel.Object(s.LookUp), s.vars(koppel.Object(s.LookUp)))
		return goldenOut{Step: "look up " + s.LookUp, Found: &found, ID: pushed.ID, Lines: pushed.Lines, Error: errorOut(err)}, nil
	}
	return goldenOut{}, errors.New("a step is one of check, detect, read, one, find, push, preview and look_up")
}

func (r *goldenRun) read(ctx context.Context, s GoldenStep) (goldenOut, error) {
	out := goldenOut{Step: "read " + s.Read}
	opts := rest.ReadOptions{Resume: json.RawMessage(s.Resume), After: s.After}
	var err error
	if opts.Since, err = goldenTime(s.Since); err != nil {
		return out, err
	}
	if opts.Until, err = goldenTime(s.Until); err != nil {
		return out, err
	}
	if opts.Parent, err = r.parent(s); err != nil {
		return out, err
	}
	reader, err := r.client.Read(s.Read, opts)
	if err != nil {
		out.Error = errorOut(err)
		return out, nil
	}
	defer reader.Close()
	cursor := ""
	for s.Pages == 0 || len(out.Pages) < s.Pages {
		page, err := reader.Next(ctx)
		if err == io.EOF {
			break
		}
		if pending := (*rest.Pending)(nil); errors.As(err, &pending) {
			out.Waits++
			continue
		}
		if err != nil {
			out.Error = errorOut(err)
			return out, nil
		}
		if page.Number == 0 {
			page.Release()
			continue
		}
		ids := []string{}
		cursor = page.Cursor
		for i := range page.Records {
			ids = append(ids, page.Records[i].ID)
		}
		out.Pages = append(out.Pages, ids)
		out = r.show(out, s.Read, page.Records)
		page.Release()
	}
	end := reader.End()
	out.End = &goldenEnd{end.Rule, end.Complete, end.Total, end.Read, end.Ignored, cursor}
	return out, nil
}

func (r *goldenRun) one(ctx context.Context, s GoldenStep) (goldenOut, error) {
	out := goldenOut{Step: "read one of " + s.One + ": " + s.ID}
	parent, err := r.parent(s)
	if err != nil {
		return out, err
	}
	record, err := r.client.One(ctx, s.One, s.ID, parent)
	if err != nil {
		out.Error = errorOut(err)
		return out, nil
	}
	return r.show(out, s.One, []rest.Record{*record}), nil
}

func (r *goldenRun) parent(s GoldenStep) (*rest.ParentRecord, error) {
	if s.Parent == "" {
		return nil, nil
	}
	stream := r.connector.Manifest.Stream(s.Read + s.One)
	if stream == nil || stream.ParentStream() == "" {
		return nil, fmt.Errorf("stream %s has no parents", s.Read+s.One)
	}
	known, ok := r.known[[2]string{stream.ParentStream(), s.Parent}]
	if !ok {
		return nil, fmt.Errorf("the parent %s was not read: give it in a section -- record %s %s --", s.Parent, stream.ParentStream(), s.Parent)
	}
	return &rest.ParentRecord{ID: s.Parent, Raw: known.raw}, nil
}

func goldenTime(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	return time.Parse(time.RFC3339, text)
}

func errorOut(err error) *goldenError {
	if err == nil {
		return nil
	}
	var unknown *rest.UnknownOutcome
	kind := koppel.KindOf(err)
	return &goldenError{
		Kind: kind, Detail: koppel.DetailOf(err), Owner: kind.Owner(),
		Gone: errors.Is(err, rest.ErrGone), Unknown: errors.As(err, &unknown),
	}
}
