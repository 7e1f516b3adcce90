package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
)

func (p *program) mappingPreview() *cobra.Command {
	var (
		draft  draftFlags
		object string
		sample int
		number int64
	)
	cmd := &cobra.Command{
		Use: "preview COUPLING -f FILE", Short: "See what an override would change of what is stored", Args: cobra.ExactArgs(1),
		Long: "Maps what is stored of the coupling with the override, as the replay after saving would, and compares it with what\n" +
			"the coupling gives now. Nothing is written and the remote system is not asked. --number takes a saved version in\n" +
			"place of a file, 0 none at all.",
		Example: "  koppel mapping preview 8f2c1a -f override.yaml\n  koppel mapping preview 8f2c1a -f override.yaml --object products --sample 20\n  koppel mapping preview 8f2c1a --number 2",
		RunE: action(func(ctx context.Context, args []string) error {
			ask := client.PreviewAsk{OverrideDraft: client.OverrideDraft{Level: draft.level()}, Object: koppel.Object(object), Sample: &sample}
			if number >= 0 {
				ask.Number = &number
			} else {
				given, err := draft.read()
				if err != nil {
					return err
				}
				ask.OverrideDraft = given
			}
			c, id, err := p.apiAndCoupling(ctx, args[0])
			if err != nil {
				return err
			}
			preview, err := c.PreviewOverride(ctx, id, ask)
			if err != nil {
				return err
			}
			return p.show(preview, func(t *table) { foreseenRows(t, preview) })
		}),
	}
	draft.add(cmd)
	cmd.Flags().Int64Var(&number, "number", -1, "a saved version, as history lists them")
	cmd.Flags().StringVar(&object, "object", "", "only this object, such as products")
	cmd.Flags().IntVar(&sample, "sample", 10, "how many examples to show, up to 20")
	cmd.MarkFlagsMutuallyExclusive("file", "number")
	_ = cmd.RegisterFlagCompletionFunc("object", fixed(words(koppel.Objects())...))
	return cmd
}

func foreseenRows(t *table, preview client.OverridePreview) {
	if len(preview.Objects) == 0 {
		t.line("Nothing that the coupling syncs would be mapped otherwise.")
		return
	}
	t.line(fmt.Sprintf("Looked at %d of %d stored records.", preview.LookedAt, preview.Stored))
	t.gap()
	t.row("OBJECT", "MADE", "CHANGED", "GONE", "PARKED", "SAME", "FIELDS")
	for _, o := range preview.Objects {
		var fields []string
		for _, name := range slices.Sorted(maps.Keys(o.Fields)) {
			fields = append(fields, fmt.Sprintf("%s %d", name, o.Fields[name]))
		}
		t.row(o.Object, o.Made, o.Changed, o.Gone, o.Parked, o.Same, strings.Join(fields, ", "))
	}
	if len(preview.Sample) == 0 {
		return
	}
	t.gap()
	t.row("OBJECT", "RECORD", "WHAT", "FIELD", "BEFORE", "AFTER")
	for _, s := range preview.Sample {
		switch {
		case s.Change == koppel.ForeseenParked:
			t.row(s.Object, s.RecordID, s.Change, s.Reason)
		case s.Change == koppel.ForeseenGone, len(s.Fields) == 0:
			t.row(s.Object, s.RecordID, s.Change)
		default:
			for _, f := range s.Fields {
				t.row(s.Object, s.RecordID, s.Change, f.Field, shownValue(f.Before), shownValue(f.After))
			}
		}
	}
}

// shownValue is a value as people read it; a dash when there is none.
func shownValue(raw json.RawMessage) string {
	var text string
	switch {
	case raw == nil, string(raw) == "null":
		return "-"
	case json.Unmarshal(raw, &text) == nil:
		return text
	}
	return string(raw)
}
