package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
)

// bodyLimit is the largest corrected body, in bytes.
const bodyLimit = 1 << 20

func (p *program) parkedEdit() *cobra.Command {
	var (
		file string
		dry  bool
		show bool
	)
	cmd := &cobra.Command{
		Use: "edit PARKED", Short: "Correct the body of a parked record and try it again", Args: cobra.ExactArgs(1),
		Long: `Shows the body of a parked record in $EDITOR (or takes the corrected one from --file), maps
it without writing anything, and tells what it would give or which field still fails. A
body that fits is kept as a correction of that record, audited, and taken at once. It
holds until the remote shows another body, which then counts.`,
		Example: "  koppel parked edit 19d4e0\n  koppel parked edit 19d4e0 --show\n  koppel parked edit 19d4e0 --file body.json --dry-run",
		RunE: p.calling(func(ctx context.Context, c *client.Client, args []string) error {
			id, err := parkedID(ctx, c, args[0], false)
			if err != nil {
				return err
			}
			body, err := c.ParkedBody(ctx, id)
			if err != nil {
				return err
			}
			if show {
				_, err := p.out.Write(indented(body.Body))
				return koppel.Wrap("show body", err)
			}
			if body.Correction != nil {
				p.note("This body was written by %s at %s.", body.Correction.By, body.Correction.At.Format("2006-01-02 15:04"))
			}
			text, kept, err := p.correctedBody(ctx, body.Body, file)
			if err != nil {
				return err
			}
			edited, err := c.EditParked(ctx, id, client.ParkedEdit{Body: string(text), Hash: body.Hash, DryRun: dry})
			if err == nil {
				err = p.showEdited(edited, dry)
			}
			if kept == "" {
				return err
			}
			if err != nil || !edited.Fits || dry {
				p.note("What you wrote is in %s: koppel parked edit %s --file %s", kept, args[0], kept)
				return err
			}
			return koppel.Wrap("remove the edited file", os.Remove(kept))
		}),
	}
	cmd.Flags().StringVar(&file, "file", "", "the corrected body; - for standard input")
	cmd.Flags().BoolVar(&show, "show", false, "only show the body")
	cmd.Flags().BoolVar(&dry, "dry-run", false, "only tell what the corrected body would give")
	return cmd
}

// indented is a body for people; what is no JSON stays as it is.
func indented(body string) []byte {
	var out bytes.Buffer
	if json.Indent(&out, []byte(body), "", "  ") != nil {
		return []byte(body)
	}
	out.WriteByte('\n')
	return out.Bytes()
}

// correctedBody is what a person gives in place of a body: from a file, or from
// an editor, whose file kept names.
func (p *program) correctedBody(ctx context.Context, body, file string) (text []byte, kept string, err error) {
	if file != "" {
		from := p.in
		if file != "-" {
			opened, err := os.Open(file)
			if err != nil {
				return nil, "", usagef("%v", err)
			}
			defer opened.Close()
			from = opened
		}
		text, err = io.ReadAll(io.LimitReader(from, bodyLimit+1))
		if len(text) > bodyLimit {
			return nil, "", usagef("the body is larger than %d bytes", bodyLimit)
		}
		return text, "", koppel.Wrap("read body", err)
	}
	tty := terminal(p.in)
	if tty == nil {
		return nil, "", usagef("give the corrected body with --file FILE, or run it on a terminal; --show shows it as it is")
	}
	dir, err := os.MkdirTemp("", "koppel-parked-")
	if err != nil {
		return nil, "", koppel.Wrap("make a file to edit", err)
	}
	kept = filepath.Join(dir, "body.json")
	before := indented(body)
	if err := os.WriteFile(kept, before, 0o600); err != nil {
		return nil, "", koppel.Wrap("make a file to edit", err)
	}
	editor := first(p.env["VISUAL"], p.env["EDITOR"], "vi")
	cmd := exec.CommandContext(ctx, "sh", "-c", editor+` "$1"`, "sh", kept)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = tty, p.err, p.err
	if err := cmd.Run(); err != nil {
		return nil, "", usagef("%s ended with %v; set EDITOR, or give the body with --file", editor, err)
	}
	if text, err = os.ReadFile(kept); err != nil {
		return nil, "", koppel.Wrap("read what was edited", err)
	}
	if bytes.Equal(text, before) {
		return nil, "", usagef("nothing was changed")
	}
	return text, kept, nil
}

// showEdited tells what a corrected body gives.
func (p *program) showEdited(edited client.ParkedEdited, dry bool) error {
	err := p.show(edited, func(t *table) {
		t.row("OBJECT", "CHANGE", "REMOTE ID", "FIELD", "BEFORE", "AFTER", "REASON")
		for _, o := range edited.Objects {
			t.row(o.Object, string(o.Change), o.RemoteID, "", "", "", o.Reason)
			for _, f := range o.Fields {
				t.row("", "", "", f.Field, string(f.Before), string(f.After), "")
			}
		}
	})
	if err != nil {
		return err
	}
	switch {
	case !edited.Fits:
		return koppel.E(koppel.KindMapping, "edit parked record", "it still cannot be mapped, so nothing was kept")
	case dry:
		p.noteDry(dry)
	default:
		p.note("Watch it: koppel run watch %s", edited.Run)
	}
	return nil
}
