package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/connectors"
	"github.com/koppel-io/koppel/connectors/rest"
	"github.com/koppel-io/koppel/mapping"
)

// tryFlags say what is read of which account.
type tryFlags struct {
	stream, id, file string
	records          int
	settings, given  []string
	body             bool
}

func (p *program) connectorTry() *cobra.Command {
	var f tryFlags
	cmd := &cobra.Command{
		Use: "try DIR", Short: "Read a few records from the real remote system: request, record, mapped object", Args: cobra.ExactArgs(1),
		Long: `Read a few records of each stream with the connector in a folder, from the remote
system itself and without the platform, and show each request (secrets redacted),
the record and what the mapping makes of it. Nothing is stored and nothing is written.

Addresses that are not public are refused unless KOPPEL_ALLOW_ADDRESSES names them.`,
		Example: "  koppel connector try ./connectors/woocommerce --credentials-file shop.yaml\n" +
			"  koppel connector try ./connectors/woocommerce --credentials-file shop.yaml --stream products --records 1 --body\n" +
			"  koppel connector try ./connectors/woocommerce --credentials-file shop.yaml --stream orders --id 10023",
		RunE: action(func(ctx context.Context, args []string) error {
			c, err := compileConnector(args[0])
			if err != nil {
				return err
			}
			t := &trial{program: p, flags: f, connector: c}
			return t.run(ctx)
		}),
	}
	flags := cmd.Flags()
	flags.StringVar(&f.stream, "stream", "", "only this stream")
	flags.StringVar(&f.id, "id", "", "only the record with this remote id (with --stream)")
	flags.IntVar(&f.records, "records", 2, "records to show of each stream")
	flags.StringVar(&f.file, "credentials-file", "", "YAML or JSON file of credential fields; - reads standard input")
	flags.StringArrayVar(&f.given, "credential", nil, "a credential field, name=value; may be repeated")
	flags.StringArrayVar(&f.settings, "set", nil, "a setting, name=value; may be repeated")
	flags.BoolVar(&f.body, "body", false, "show whole answers too")
	return cmd
}

// trial is one try of a connector at a remote account.
type trial struct {
	*program
	flags     tryFlags
	connector *connectors.Connector
	client    *rest.Client
	settings  map[string]any
	mapper    *mapping.Evaluator
	shown     []tried
}

// tried is one record and what was made of it.
type tried struct {
	Stream string          `json:"stream"`
	Record json.RawMessage `json:"record"`
	// Mapped is by object.
	Mapped map[koppel.Object]triedObject `json:"mapped"`
}

type triedObject struct {
	RemoteID string         `json:"remote_id,omitempty"`
	Values   map[string]any `json:"values,omitempty"`
	Notes    []koppel.Note  `json:"notes,omitempty"`
	Skipped  bool           `json:"skipped,omitempty"`
	Error    string         `json:"error,omitempty"`
	// List is what it gives, where it gives several.
	List []triedObject `json:"list,omitempty"`
}

func (t *trial) run(ctx context.Context) error {
	if t.flags.id != "" && t.flags.stream == "" {
		return usagef("--id needs --stream: of which stream is it?")
	}
	streams, err := t.streams()
	if err != nil {
		return err
	}
	transport, version, err := t.open(ctx)
	if err != nil {
		return err
	}
	defer transport.Close()
	defer t.client.Close()
	t.note("The remote system accepts the credentials%s.", map[bool]string{true: "; version " + version}[version != ""])
	t.mapper = mapping.NewEvaluator(t.connector.Mapping, mapping.Env{Settings: t.settings, Version: version})
	for _, stream := range streams {
		if err := t.read(ctx, stream); err != nil {
			return err
		}
	}
	if t.output == outputJSON {
		return t.json(map[string]any{"version": version, "records": t.shown})
	}
	return nil
}

// streams are those to read, parents before their children.
func (t *trial) streams() ([]string, error) {
	var names []string
	for _, group := range t.connector.Groups() {
		for _, name := range group.Streams {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	if t.flags.stream == "" {
		return names, nil
	}
	name, err := isOneOf("stream of "+t.connector.Manifest.Connector, t.flags.stream, names)
	return []string{name}, err
}

// open makes the client and checks the account, with the version it detects.
func (t *trial) open(ctx context.Context) (*rest.Transport, string, error) {
	credentials, err := t.credentials()
	if err != nil {
		return nil, "", err
	}
	given, err := settingValues(t.connector.AllSettings(), t.flags.settings)
	if err != nil {
		return nil, "", err
	}
	if problems := t.connector.CheckSettings(given); len(problems) > 0 {
		return nil, "", usagef("%v", errors.Join(problems...))
	}
	t.settings = t.connector.Defaults(given)
	r := &reader{env: t.env}
	allow := r.allow("KOPPEL_ALLOW_ADDRESSES")
	if err := r.err(); err != nil {
		return nil, "", err
	}
	transport, err := rest.NewTransport(rest.TransportConfig{Allow: allow, UserAgent: "Koppel/" + version})
	if err != nil {
		return nil, "", err
	}
	config := rest.ClientConfig{
		Manifest: t.connector.Manifest, Credentials: credentials, Settings: t.settings, Transport: transport,
		CredentialKey: "try", Trace: t.trace, Exchanges: traced(t.trace),
	}
	if t.client, err = rest.NewClient(config); err != nil {
		return nil, "", err
	}
	if err := t.client.Check(ctx); err != nil {
		return nil, "", err
	}
	found, err := t.client.Detect(ctx)
	if err != nil || found == "" {
		return transport, found, err
	}
	t.client.Close()
	config.Version = found
	t.client, err = rest.NewClient(config)
	return transport, found, err
}

func (t *trial) credentials() (map[string]koppel.Secret, error) {
	values, err := t.credentialValues(t.connector.Manifest.Credentials, t.flags.given, t.flags.file)
	if err != nil {
		return nil, err
	}
	if problems := t.connector.CheckCredentials(values); len(problems) > 0 {
		return nil, usagef("%v", errors.Join(problems...))
	}
	secrets := map[string]koppel.Secret{}
	for name, v := range values {
		secrets[name] = koppel.NewSecret(value(v))
	}
	return secrets, nil
}

// read shows the first records of a stream.
func (t *trial) read(ctx context.Context, stream string) error {
	if t.flags.id != "" {
		record, err := t.client.One(ctx, stream, t.flags.id, nil)
		if err != nil {
			return err
		}
		return t.show(stream, record, nil)
	}
	if each := t.connector.Stream(stream).Each; each != "" {
		return t.readChildren(ctx, each, stream)
	}
	_, err := t.first(ctx, stream, rest.ReadOptions{}, t.flags.records, func(r *rest.Record) error { return t.show(stream, r, nil) })
	return err
}

// Among how many parents one with children is looked for.
const parentsAmong = 100

// readChildren shows records of a child stream, of the first parents that have any.
func (t *trial) readChildren(ctx context.Context, parents, stream string) error {
	left := t.flags.records
	_, err := t.first(ctx, parents, rest.ReadOptions{}, parentsAmong, func(r *rest.Record) error {
		parent := rest.ParentRecord{ID: r.ID, Raw: slices.Clone(r.Raw)}
		wants, err := t.client.Wants(stream, parent)
		if err != nil || !wants || left <= 0 {
			return err
		}
		n, err := t.first(ctx, stream, rest.ReadOptions{Parent: &parent}, left, func(r *rest.Record) error { return t.show(stream, r, parent.Raw) })
		left -= n
		return err
	})
	return err
}

// show maps a record and prints both.
func (t *trial) show(stream string, r *rest.Record, parent []byte) error {
	one := tried{Stream: stream, Record: slices.Clone(r.Raw), Mapped: map[koppel.Object]triedObject{}}
	if !json.Valid(one.Record) {
		one.Record, _ = json.Marshal(string(r.Raw))
	}
	for _, program := range t.connector.Mapping.ByStream(stream) {
		one.Mapped[program.Object()] = t.mapped(program, r, parent)
	}
	t.shown = append(t.shown, one)
	if t.output == outputJSON {
		return nil
	}
	record, err := json.MarshalIndent(one.Record, "  ", "  ")
	if err != nil {
		return err
	}
	fmt.Fprintf(t.out, "record %s of %s\n  %s\n", clean(r.ID), stream, record)
	for _, program := range t.connector.Mapping.ByStream(stream) {
		if err := t.showMapped(program.Object(), one.Mapped[program.Object()]); err != nil {
			return err
		}
	}
	return nil
}

func (t *trial) mapped(program *mapping.Program, r *rest.Record, parent []byte) triedObject {
	if r.Err != nil {
		return triedObject{Error: r.Err.Error()}
	}
	if program.NeedsParent() && parent == nil {
		return triedObject{Error: "needs the parent record: read the stream without --id"}
	}
	in := mapping.Input{Record: r.Raw, Parent: parent, Rows: mapping.Rows{List: [][]byte{r.Raw}}}
	if program.List() {
		return t.listed(program, in)
	}
	result, err := t.mapper.Map(program, in)
	if err != nil {
		return triedObject{RemoteID: result.RemoteID, Error: err.Error()}
	}
	for _, j := range program.Joins() {
		result.Notes = append(result.Notes, koppel.Note{Field: "joined." + j.Name, Text: "mapped without any; only a sync joins the records of " + j.Stream})
	}
	return triedObject{RemoteID: result.RemoteID, Values: named(program.Object().Fields(), result.Values), Notes: result.Notes, Skipped: result.Skip}
}

func (t *trial) showMapped(object koppel.Object, o triedObject) error {
	for _, one := range o.List {
		if err := t.showMapped(object, one); err != nil {
			return err
		}
	}
	return t.table(func(w *table) {
		switch {
		case o.List != nil && o.Error == "":
			return
		case o.Error != "":
			w.row("→ " + string(object) + ": parked: " + o.Error)
			return
		case o.Skipped:
			w.row("→ " + string(object) + ": left out by where")
			return
		}
		w.row("→ " + string(object) + " " + o.RemoteID)
		for _, field := range object.Fields() {
			if v, ok := o.Values[field.Name]; ok {
				w.row("  "+field.Name, value(v))
			}
		}
		for _, note := range o.Notes {
			w.row("  note", note.Field+": "+note.Text)
		}
		w.gap()
	})
}

// trace prints an exchange.
func (t *trial) trace(e koppel.Exchange) {
	if t.output == outputJSON {
		return
	}
	fmt.Fprintf(t.out, "%s %s\n", e.Method, e.URL)
	if e.RequestBody != "" {
		fmt.Fprintf(t.out, "  %s\n", e.RequestBody)
	}
	fmt.Fprintf(t.out, "  %d in %s %s\n", e.Status, e.Took.Round(1e6), strings.TrimSpace(e.Error))
	if t.flags.body && e.ResponseBody != "" {
		fmt.Fprintf(t.out, "  %s\n", e.ResponseBody)
	}
}

// traced shows failed exchanges as others are.
type traced func(koppel.Exchange)

// SaveExchange implements rest.ExchangeSink.
func (t traced) SaveExchange(_ context.Context, e koppel.Exchange) (int64, error) {
	t(e)
	return 0, nil
}

// named gives values their fields' names; those that are absent are left out.
func named(fields []koppel.Field, values koppel.Values) map[string]any {
	out := map[string]any{}
	for i, v := range values {
		switch v := v.(type) {
		case nil:
		case koppel.Null:
			out[fields[i].Name] = nil
		case []koppel.Values:
			lines := make([]map[string]any, len(v))
			for j, line := range v {
				lines[j] = named(fields[i].Line, line)
			}
			out[fields[i].Name] = lines
		default:
			out[fields[i].Name] = v
		}
	}
	return out
}
