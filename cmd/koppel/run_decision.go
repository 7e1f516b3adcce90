package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/koppel-io/koppel/client"
)

func (p *program) runAccept() *cobra.Command {
	return p.runDecision("accept", "Take a suspect run's counts for right: cursors go on, the next full read may delete", (*client.Client).AcceptRun)
}

func (p *program) runReject() *cobra.Command {
	return p.runDecision("reject", "Note that a suspect run is not taken; nothing goes on from it", (*client.Client).RejectRun)
}

func (p *program) runDecision(verb, short string, decide func(*client.Client, context.Context, string) (client.Run, error)) *cobra.Command {
	return &cobra.Command{
		Use: verb + " RUN", Short: short, Args: cobra.ExactArgs(1), Example: "  koppel run " + verb + " 5d0e77",
		RunE: action(func(ctx context.Context, args []string) error {
			c, id, err := p.apiAndRun(ctx, args[0])
			if err != nil {
				return err
			}
			run, err := decide(c, ctx, id)
			if err != nil {
				return err
			}
			return p.showRun(run)
		}),
	}
}
