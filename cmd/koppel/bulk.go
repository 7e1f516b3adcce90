package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
)

// bulkVerb is a verb that is done to many couplings.
type bulkVerb struct{ name, past, short, long string }

var bulkVerbs = []bulkVerb{
	{"pause", "paused", "Pause all couplings of %s, as in a vendor's outage", "Runs stop where they stand and writes wait. The pause is by policy: one that a person, refused credentials\nor a quota made stays its own."},
	{"resume", "resumed", "End such a pause; what was missed is read by itself", "Ends the pause that the bulk verb made, and no other. A read of every stream group from where it stopped starts by itself\nwithin a minute, and writes that waited go out."},
	{"resync", "started", "Start runs of all couplings of %s", "Starts one run a stream group of every active coupling: since the last one (when left out), full, window or replay."},
	{"upgrade", "upgraded", "Bring all couplings of %s to its current version", "Couplings that were pinned to a version follow the connector's current one again; --version pins one. A coupling whose\nsettings the version does not take is told and left as it is."},
}

// bulkCommands are the bulk verbs of a connector or of a webshop.
func (p *program) bulkCommands(of string) []*cobra.Command {
	var commands []*cobra.Command
	for _, verb := range bulkVerbs {
		if of == "webshop" && verb.name == "upgrade" {
			continue
		}
		commands = append(commands, p.bulkCommand(verb, of))
	}
	return commands
}

func (p *program) bulkCommand(verb bulkVerb, of string) *cobra.Command {
	var (
		b              client.Bulk
		mode, from, to string
	)
	argument, example := "CONNECTOR", "picqer"
	if of == "webshop" {
		argument, example = "WEBSHOP", "8f2c1a"
	}
	short := verb.short
	if verb.name != "resume" {
		short = fmt.Sprintf(verb.short, "a "+of)
	}
	line := "  koppel " + of + " " + verb.name + " " + example
	if verb.name == "pause" {
		line += " --reason 'outage at the vendor'"
	}
	cmd := &cobra.Command{
		Use: verb.name + " " + argument, Short: short, Args: cobra.ExactArgs(1),
		Long:    short + ".\n\n" + verb.long + "\n\n--dry-run first says how many and which, and changes nothing.",
		Example: line + " --dry-run\n" + line,
		RunE: action(func(ctx context.Context, args []string) error {
			ask := b
			var err error
			if mode != "" {
				if ask.Mode, err = isOneOf("mode", mode, []koppel.Mode{koppel.ModeSince, koppel.ModeFull, koppel.ModeWindow, koppel.ModeReplay}); err != nil {
					return err
				}
			}
			if ask.From, err = moment("--from", from, time.Now()); err != nil {
				return err
			}
			if ask.To, err = moment("--to", to, time.Now()); err != nil {
				return err
			}
			if ask.Mode == "" && (ask.From != nil || ask.To != nil) {
				ask.Mode = koppel.ModeWindow
			}
			c, err := p.api()
			if err != nil {
				return err
			}
			if of == "webshop" {
				ask.Webshop = args[0]
			} else {
				ask.Connector = args[0]
			}
			if ask.Webshop, err = webshopID(ctx, c, ask.Webshop); err != nil {
				return err
			}
			return p.bulk(ctx, c, verb, ask)
		}),
	}
	flags := cmd.Flags()
	flags.BoolVar(&b.DryRun, "dry-run", false, "only say what would be done")
	if of == "webshop" {
		flags.StringVar(&b.Connector, "connector", "", "only couplings of a connector")
	} else {
		flags.StringVar(&b.Webshop, "webshop", "", "only couplings of a webshop")
	}
	switch verb.name {
	case "pause":
		flags.StringVar(&b.Reason, "reason", "", "why; shown to everybody who looks")
		_ = cmd.MarkFlagRequired("reason")
	case "resync":
		flags.StringVar(&mode, "mode", "", "since (when left out), full, window or replay")
		flags.StringVar(&from, "from", "", "start of a window")
		flags.StringVar(&to, "to", "", "end of a window; now when left out")
	case "upgrade":
		flags.StringVar(&b.Version, "version", "", "pin this version; the connector's current one is followed when left out")
	}
	return cmd
}

// bulkAtOnce is how many couplings are done between two signs of progress.
const bulkAtOnce = 50

func (p *program) bulk(ctx context.Context, c *client.Client, verb bulkVerb, ask client.Bulk) error {
	ask.Limit = bulkAtOnce
	all := client.List[client.BulkResult]{Data: []client.BulkResult{}}
	count := map[string]int{}
	for more := true; more; {
		page, err := c.Bulk(ctx, verb.name, ask)
		if err != nil {
			if len(all.Data) > 0 {
				p.note("%d couplings were done before this failed; the command may be given again.", count["done"])
			}
			return err
		}
		for _, r := range page.Data {
			count[r.Outcome]++
		}
		all.Data = append(all.Data, page.Data...)
		if ask.Cursor, more = page.Next, page.Next != ""; more {
			p.note("%d couplings so far …", len(all.Data))
		}
	}
	err := p.show(all, func(t *table) {
		t.row("COUPLING", "NAME", "CONNECTOR", "STATE", "OUTCOME", "DETAIL")
		for _, r := range all.Data {
			t.row(r.Coupling, r.Name, r.Connector, r.State, r.Outcome, r.Detail)
		}
	})
	if ask.DryRun {
		p.note("Of %d couplings %d would be %s, %d skipped. Nothing was changed.", len(all.Data), count["would"], verb.past, count["skipped"])
	} else {
		p.note("Of %d couplings %d %s, %d skipped.", len(all.Data), count["done"], verb.past, count["skipped"])
	}
	return err
}
