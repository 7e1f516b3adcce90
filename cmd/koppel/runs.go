package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
)

// runStates are the states by which runs are listed.
var runStates = []koppel.RunState{koppel.RunQueued, koppel.RunRunning, koppel.RunWaiting, koppel.RunSucceeded,
	koppel.RunSucceededWithParked, koppel.RunSuspect, koppel.RunFailed, koppel.RunCancelled}

func (p *program) runCommand() *cobra.Command {
	return noun("run", "See what runs and what ran, why it failed and who must act",
		p.runList(), p.runShow(), p.runWatch(), p.runTimeline(), p.runCancel(), p.runAccept(), p.runReject())
}

func (p *program) runList() *cobra.Command {
	var (
		flags                          listFlags
		webshop, coupling, state, mode string
	)
	cmd := &cobra.Command{
		Use: "list", Short: "List runs, newest first", Args: cobra.NoArgs,
		Example: "  koppel run list --coupling 8f2c1a\n  koppel run list --state failed --limit 20\n  koppel run list --state running --output json",
		RunE: action(func(ctx context.Context, _ []string) error {
			filter, err := runFilter(state, mode)
			if err != nil {
				return err
			}
			c, err := p.api()
			if err != nil {
				return err
			}
			if filter.Webshop, err = webshopID(ctx, c, webshop); err != nil {
				return err
			}
			if filter.Coupling, err = couplingID(ctx, c, coupling); err != nil {
				return err
			}
			fetch := func(ctx context.Context, page client.Page) (client.List[client.Run], error) {
				filter := filter
				filter.Page = page
				return c.Runs(ctx, filter)
			}
			return list(ctx, p, flags, fetch, head("ID", "COUPLING", "GROUP", "MODE", "STATE", "RECORDS", "CHANGED", "PARKED", "QUEUED", "ERROR"), func(r client.Run) []any {
				return []any{r.ID, tail(r.Coupling), r.Group, r.Mode, runState(r), r.Counts.Records, r.Counts.Changed, r.Counts.Parked, r.QueuedAt, adviceTitle(r.Error)}
			})
		}),
	}
	cmd.Flags().StringVar(&webshop, "webshop", "", "only those of a webshop")
	cmd.Flags().StringVar(&coupling, "coupling", "", "only those of a coupling")
	cmd.Flags().StringVar(&state, "state", "", "only those in a state, such as failed")
	cmd.Flags().StringVar(&mode, "mode", "", "only those of a mode, such as full")
	_ = cmd.RegisterFlagCompletionFunc("state", fixed(words(runStates)...))
	_ = cmd.RegisterFlagCompletionFunc("mode", fixed(words(append(modes, koppel.ModePush))...))
	flags.add(cmd)
	return cmd
}

func runFilter(state, mode string) (filter client.RunFilter, err error) {
	if state != "" {
		if filter.State, err = isOneOf("state", state, runStates); err != nil {
			return filter, err
		}
	}
	if mode != "" {
		filter.Mode, err = isOneOf("mode", mode, append(modes, koppel.ModePush))
	}
	return filter, err
}

func (p *program) runShow() *cobra.Command {
	return &cobra.Command{
		Use: "show RUN", Short: "Show a run: progress, evidence, and what went wrong", Args: cobra.ExactArgs(1),
		Example: "  koppel run show 5d0e77",
		RunE: action(func(ctx context.Context, args []string) error {
			c, id, err := p.apiAndRun(ctx, args[0])
			if err != nil {
				return err
			}
			run, err := c.Run(ctx, id)
			if err != nil {
				return err
			}
			return p.showRun(run)
		}),
	}
}

// apiAndRun is what every command about one run begins with.
func (p *program) apiAndRun(ctx context.Context, given string) (*client.Client, string, error) {
	c, err := p.api()
	if err != nil {
		return nil, "", err
	}
	id, err := runID(ctx, c, given)
	return c, id, err
}

func (p *program) runCancel() *cobra.Command {
	return &cobra.Command{
		Use: "cancel RUN", Short: "Ask a run to end; what it has written stays", Args: cobra.ExactArgs(1),
		Example: "  koppel run cancel 5d0e77",
		RunE: action(func(ctx context.Context, args []string) error {
			c, id, err := p.apiAndRun(ctx, args[0])
			if err != nil {
				return err
			}
			run, err := c.Cancel(ctx, id)
			if err != nil {
				return err
			}
			if err := p.showRun(run); err != nil {
				return err
			}
			if !run.State.Ended() {
				p.note("It ends after the batch it is writing. Watch it: koppel run watch %s", id)
			}
			return nil
		}),
	}
}

func (p *program) runTimeline() *cobra.Command {
	var flags listFlags
	cmd := &cobra.Command{
		Use: "timeline RUN", Short: "List what happened in a run, in order", Args: cobra.ExactArgs(1),
		Example: "  koppel run timeline 5d0e77 --all",
		RunE: action(func(ctx context.Context, args []string) error {
			c, id, err := p.apiAndRun(ctx, args[0])
			if err != nil {
				return err
			}
			fetch := func(ctx context.Context, page client.Page) (client.List[client.Event], error) {
				return c.Timeline(ctx, id, page)
			}
			return list(ctx, p, flags, fetch, head("AT", "EVENT", "DATA"), func(e client.Event) []any {
				return []any{e.At, e.Event, eventData(e)}
			})
		}),
	}
	flags.add(cmd)
	return cmd
}
