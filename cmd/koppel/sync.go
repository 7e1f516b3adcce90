package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
)

// modes are those that a person can ask for.
var modes = []koppel.Mode{koppel.ModeFull, koppel.ModeSince, koppel.ModeWindow, koppel.ModeHistory, koppel.ModeSingle, koppel.ModeReplay}

// syncFlags are a client.Sync as it is typed.
type syncFlags struct {
	mode, from, to string
	sync           client.Sync
	wait           bool
	// file has more keys for a single run, of the kind that by names.
	file, fileBy string
}

func (p *program) syncCommand() *cobra.Command {
	var f syncFlags
	cmd := &cobra.Command{
		Use: "sync COUPLING [OBJECT]", Short: "Start a run: read objects of a remote system now", Args: cobra.RangeArgs(1, 2),
		Long: `Start a run of a coupling. Without OBJECT one run a stream group is started, in the order of work.

  full     reads everything
  since    reads what changed after the last run (the default)
  window   reads what changed (--by creation: was made) between --from and --to; the next since is not moved
  history  reads what was made before what is covered already, back to the setting history_from or two years
  single   reads exactly the records given by --id, --sku, --ean or --number
  replay   maps stored records again, without a call to the remote system

--from and --to take a day (2026-01-31, from midnight UTC), a time (2026-01-31T08:00:00Z)
or how long ago (36h, 7d). What single is given may be repeated or joined by commas.`,
		Example: "  koppel sync 8f2c1a products --mode full --wait\n" +
			"  koppel sync 8f2c1a\n" +
			"  koppel sync 8f2c1a sell_orders --mode window --from 7d\n" +
			"  koppel sync 8f2c1a products --sku BIKE-1,BIKE-2\n" +
			"  koppel sync 8f2c1a products --file skus.txt --wait\n" +
			"  koppel sync 8f2c1a sell_orders --number 10023 --wait",
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) != 1 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return words(koppel.Objects()), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: action(func(ctx context.Context, args []string) error { return p.sync(ctx, f, args) }),
	}
	flags := cmd.Flags()
	flags.StringVar(&f.mode, "mode", "", "full, since, window, history, single or replay; taken from the other flags when left out")
	flags.StringVar(&f.from, "from", "", "start of a window")
	flags.StringVar((*string)(&f.sync.By), "by", "", "what a window compares with: change (when left out) or creation")
	flags.StringVar(&f.to, "to", "", "end of a window; now when left out")
	flags.StringSliceVar(&f.sync.RemoteIDs, "id", nil, "remote ids for a single run")
	flags.StringSliceVar(&f.sync.SKUs, "sku", nil, "SKUs for a single run")
	flags.StringSliceVar(&f.sync.EANs, "ean", nil, "EANs for a single run")
	flags.StringSliceVar(&f.sync.Numbers, "number", nil, "order numbers for a single run")
	flags.StringVar(&f.file, "file", "", "a file with a key for a single run on each line; - is standard input")
	flags.StringVar(&f.fileBy, "file-of", "sku", "what the file's lines are: sku, ean, id or number")
	flags.BoolVar(&f.wait, "wait", false, "watch the run until it ends; exit code 6 when it ends not green")
	_ = cmd.RegisterFlagCompletionFunc("mode", fixed(words(modes)...))
	return cmd
}

func (p *program) sync(ctx context.Context, f syncFlags, args []string) error {
	if err := f.readFile(p.in); err != nil {
		return err
	}
	ask, err := f.read(time.Now())
	if err != nil {
		return err
	}
	if len(args) == 2 {
		if ask.Object, err = isOneOf("object", args[1], koppel.Objects()); err != nil {
			return err
		}
	} else if ask.Mode == koppel.ModeSingle {
		return usagef("a single run reads one object: koppel sync COUPLING OBJECT")
	}
	c, id, err := p.apiAndCoupling(ctx, args[0])
	if err != nil {
		return err
	}
	if ask.Object != "" {
		return p.syncOne(ctx, c, id, ask, f.wait)
	}
	objects, err := groups(ctx, c, id)
	if err != nil {
		return err
	}
	var last error
	for _, ask.Object = range objects {
		err := p.syncOne(ctx, c, id, ask, f.wait)
		var ended *notGreen
		var problem *client.Problem
		switch {
		case errors.As(err, &problem) && problem.Status == http.StatusConflict:
			p.tell(err)
			last = err
		case errors.As(err, &ended):
			p.tell(err)
			last = err
		case err != nil:
			return err
		}
	}
	return last
}

// groups are the stream groups of a coupling by their first objects, as far as
// its schedules and runs tell; else everything that its connector pulls.
func groups(ctx context.Context, c *client.Client, id string) ([]koppel.Object, error) {
	coupling, err := c.Coupling(ctx, id)
	if err != nil {
		return nil, err
	}
	connector, err := c.Connector(ctx, coupling.Connector)
	if err != nil {
		return nil, err
	}
	var known []string
	for _, s := range coupling.Schedules {
		known = append(known, s.Group)
	}
	var objects []koppel.Object
	for _, object := range connector.Objects {
		if on, ok := coupling.Settings["sync."+string(object)].(bool); ok && !on {
			continue
		}
		if len(known) == 0 || slices.Contains(known, string(object)) {
			objects = append(objects, object)
		}
	}
	if len(objects) == 0 {
		return nil, koppel.E(koppel.KindConflict, "sync", fmt.Sprintf("coupling %s reads no object: every one is off in its settings", id))
	}
	return objects, nil
}

func (p *program) syncOne(ctx context.Context, c *client.Client, coupling string, ask client.Sync, wait bool) error {
	started, err := c.Sync(ctx, coupling, ask)
	if err != nil {
		return err
	}
	if started.TookOver {
		p.note("Run %s was queued already; it reads what you asked for.", started.Run)
	}
	if started.QueuedBehind != "" {
		p.note("Run %s waits for run %s to end.", started.Run, started.QueuedBehind)
	}
	if wait {
		return p.watch(ctx, c, started.Run)
	}
	err = p.show(started, func(t *table) { t.row("run", started.Run) })
	p.note("Watch it: koppel run watch %s", started.Run)
	return err
}

// read makes the request, with the mode that the flags mean.
func (f syncFlags) read(now time.Time) (client.Sync, error) {
	ask := f.sync
	keys := len(ask.RemoteIDs)+len(ask.SKUs)+len(ask.EANs)+len(ask.Numbers) > 0
	window := f.from != "" || f.to != ""
	mode := f.mode
	switch {
	case mode != "":
	case keys:
		mode = string(koppel.ModeSingle)
	case window:
		mode = string(koppel.ModeWindow)
	default:
		mode = string(koppel.ModeSince)
	}
	var err error
	if ask.Mode, err = isOneOf("mode", mode, modes); err != nil {
		return ask, err
	}
	switch {
	case ask.Mode == koppel.ModeSingle && !keys:
		return ask, usagef("a single run needs --id, --sku, --ean or --number")
	case keys && ask.Mode != koppel.ModeSingle:
		return ask, usagef("--id, --sku, --ean and --number go with --mode single, not with %s", ask.Mode)
	case ask.Mode == koppel.ModeWindow && !window:
		return ask, usagef("a window run needs --from, --to or both")
	case ask.By != "" && ask.By != koppel.ByChange && ask.By != koppel.ByCreation:
		return ask, usagef("--by is change or creation, not %q", ask.By)
	case ask.By != "" && ask.Mode != koppel.ModeWindow:
		return ask, usagef("--by goes with --mode window, not with %s", ask.Mode)
	case window && ask.Mode != koppel.ModeWindow:
		return ask, usagef("--from and --to go with --mode window, not with %s", ask.Mode)
	}
	if ask.From, err = moment("--from", f.from, now); err != nil {
		return ask, err
	}
	if ask.To, err = moment("--to", f.to, now); err != nil {
		return ask, err
	}
	if ask.From != nil && ask.To != nil && !ask.From.Before(*ask.To) {
		return ask, usagef("--from is not before --to")
	}
	return ask, nil
}

// readFile adds the keys of a file.
func (f *syncFlags) readFile(stdin io.Reader) error {
	if f.file == "" {
		return nil
	}
	into := map[string]*[]string{"sku": &f.sync.SKUs, "ean": &f.sync.EANs, "id": &f.sync.RemoteIDs, "number": &f.sync.Numbers}[f.fileBy]
	if into == nil {
		return usagef("--file-of is sku, ean, id or number, not %q", f.fileBy)
	}
	from := stdin
	if f.file != "-" {
		file, err := os.Open(f.file)
		if err != nil {
			return usagef("--file: %v", err)
		}
		defer file.Close()
		from = file
	}
	text, err := io.ReadAll(io.LimitReader(from, keyFileLimit+1))
	switch {
	case err != nil:
		return usagef("--file: %v", err)
	case len(text) > keyFileLimit:
		return usagef("--file: more than %d KiB; split it", keyFileLimit>>10)
	}
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" {
			*into = append(*into, line)
		}
	}
	return nil
}

// keyFileLimit is the largest file of keys, in bytes.
const keyFileLimit = 256 << 10

func words[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, word := range list {
		out[i] = string(word)
	}
	return out
}
