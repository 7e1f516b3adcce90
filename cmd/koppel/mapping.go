package main

import (
	"context"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
)

const mappingHelp = `What a coupling's records mean: the connector's mapping, with what this webshop or this
coupling says otherwise laid over it. An override is a YAML document in the language of
mapping.yaml that names, by object, only the fields it replaces or adds:

  objects:
    products:
      price: decimal(record.price) * 0.9
  tests:
    - object: products
      from: products
      record: { id: 7, name: Bike, price: "10.00" }
      expect: { price: 9 }

It is compiled, and its test cases are run, before it can be saved; every version is kept.
A coupling's override is stronger than its webshop's, which counts for all of the webshop's
couplings of the same connector (--webshop).`

func (p *program) mappingCommand() *cobra.Command {
	cmd := noun("mapping", "See and change what a coupling's records mean",
		p.mappingShow(), p.mappingCheck(), p.mappingPreview(), p.mappingSave(), p.mappingHistory(), p.mappingRollback(), p.mappingDiff())
	cmd.Long = mappingHelp
	return cmd
}

// levelFlag says whose override is meant.
type levelFlag struct{ webshop bool }

func (f *levelFlag) add(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&f.webshop, "webshop", false, "the webshop's override, which counts for all its couplings of the connector")
}

func (f levelFlag) level() koppel.OverrideLevel {
	if f.webshop {
		return koppel.OverrideWebshop
	}
	return koppel.OverrideCoupling
}

// draftFlags are a client.OverrideDraft as it is typed.
type draftFlags struct {
	levelFlag
	file string
}

func (f *draftFlags) add(cmd *cobra.Command) {
	f.levelFlag.add(cmd)
	cmd.Flags().StringVarP(&f.file, "file", "f", "", "the override, YAML")
	_ = cmd.MarkFlagFilename("file", "yaml", "yml")
}

func (f draftFlags) read() (client.OverrideDraft, error) {
	if f.file == "" {
		return client.OverrideDraft{}, usagef("say which override: -f FILE")
	}
	source, err := readLimited(f.file)
	return client.OverrideDraft{Level: f.level(), Source: source, File: filepath.Base(f.file)}, err
}

func (p *program) mappingShow() *cobra.Command {
	var object string
	var all bool
	cmd := &cobra.Command{
		Use: "show COUPLING", Short: "Show the overrides in force, and what they say", Args: cobra.ExactArgs(1),
		Long:    "Shows the overrides in force and the expressions that they give; with --all those of the connector too. With --output json the answer holds the documents themselves.",
		Example: "  koppel mapping show 8f2c1a\n  koppel mapping show 8f2c1a --all --object products",
		RunE: action(func(ctx context.Context, args []string) error {
			c, id, err := p.apiAndCoupling(ctx, args[0])
			if err != nil {
				return err
			}
			m, err := c.Mapping(ctx, id)
			if err != nil {
				return err
			}
			var kept []client.MappedField
			for _, f := range m.Fields {
				if (all || f.From != "connector") && (object == "" || string(f.Object) == object) {
					kept = append(kept, f)
				}
			}
			return p.show(m, func(t *table) {
				t.pair("coupling", m.Coupling)
				t.pair("connector", m.Connector+" "+m.ConnectorVersion)
				t.pair("held back", m.Hold)
				if len(m.Overrides) == 0 {
					t.pair("overrides", "none: the connector's mapping counts")
				}
				for _, o := range m.Overrides {
					t.gap()
					overrideRows(t, o)
					t.gap()
					for _, line := range strings.Split(strings.TrimSuffix(o.Source, "\n"), "\n") {
						t.line("  " + line)
					}
				}
				t.gap()
				mappedRows(t, kept)
			})
		}),
	}
	cmd.Flags().BoolVar(&all, "all", false, "also the connector's expressions")
	cmd.Flags().StringVar(&object, "object", "", "only those of an object, such as products")
	_ = cmd.RegisterFlagCompletionFunc("object", fixed(words(koppel.Objects())...))
	return cmd
}

func mappedRows(t *table, fields []client.MappedField) {
	if len(fields) == 0 {
		return
	}
	t.row("OBJECT", "STREAM", "FIELD", "FROM", "EXPRESSION", "AT")
	for _, f := range fields {
		t.row(f.Object, f.Stream, f.Field, f.From, f.Expression, f.At)
	}
}

func overrideRows(t *table, o client.Override) {
	t.pair("override of the "+string(o.Level), "version "+text(o.Number))
	t.pair("saved", o.At)
	t.pair("by", o.Actor)
	t.pair("note", o.Note)
	if o.Restores != nil {
		t.pair("brings back", "version "+text(*o.Restores))
	}
	if o.Empty {
		t.pair("says", "nothing: the override was taken away")
	}
}

func (p *program) mappingCheck() *cobra.Command {
	var draft draftFlags
	cmd := &cobra.Command{
		Use: "check COUPLING -f FILE", Short: "Check an override without saving it", Args: cobra.ExactArgs(1),
		Long:    "Compiles the override over the connector's mapping and runs its test cases. Every mistake is told with file, line and column.",
		Example: "  koppel mapping check 8f2c1a -f override.yaml\n  koppel mapping check 8f2c1a -f override.yaml --webshop",
		RunE: action(func(ctx context.Context, args []string) error {
			given, err := draft.read()
			if err != nil {
				return err
			}
			c, id, err := p.apiAndCoupling(ctx, args[0])
			if err != nil {
				return err
			}
			check, err := c.CheckOverride(ctx, id, given)
			if err != nil {
				return err
			}
			return p.show(check, func(t *table) {
				t.pair("good", draft.file)
				t.pair("tests passed", check.Tests)
				t.pair("maps otherwise than now", words(check.Objects))
				t.gap()
				mappedRows(t, check.Fields)
			})
		}),
	}
	draft.add(cmd)
	return cmd
}
