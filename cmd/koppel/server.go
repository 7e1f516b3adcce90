package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/koppel-io/koppel/cmd/process"
)

func (p *program) serverCommand() *cobra.Command {
	return &cobra.Command{
		Use: "server", Short: "Run the API server", Args: cobra.NoArgs,
		Long: "Run the API server until it is told to stop (SIGTERM), then let running requests finish. Any number may run\n" +
			"side by side. It refuses to start on a database whose schema is older than the program, and as a role that\n" +
			"row-level security does not hold.\n\n" + environmentHelp(),
		Example: "  koppel server\n  KOPPEL_LISTEN=0.0.0.0:8080 koppel server",
		RunE: action(func(ctx context.Context, _ []string) error {
			s, err := p.settings(needs{database: true, keyset: true})
			if err != nil {
				return err
			}
			server, err := process.NewServer(ctx, process.ServerConfig{
				Config: s.process(s.Database), Listen: s.Listen, PublicURL: s.PublicURL, CodecToken: s.CodecToken, CodecOrigin: s.CodecOrigin,
			})
			if err != nil {
				return err
			}
			return server.Run(ctx)
		}),
	}
}

func (p *program) workerCommand() *cobra.Command {
	return &cobra.Command{
		Use: "worker", Short: "Run a worker, which reads and writes remote systems", Args: cobra.NoArgs,
		Long: "Run a worker until it is told to stop (SIGTERM), then let running activities stop. Any number may run side by\n" +
			"side; what a lost one was doing another one takes over.\n\n" + environmentHelp(),
		Example: "  koppel worker\n  KOPPEL_ALLOW_ADDRESSES=10.20.0.0/16,shop.internal koppel worker",
		RunE: action(func(ctx context.Context, _ []string) error {
			s, err := p.settings(needs{engine: true, keyset: true})
			if err != nil {
				return err
			}
			worker, err := process.NewWorker(ctx, process.WorkerConfig{
				Config: s.process(s.EngineDatabase), Concurrency: s.Concurrency, Memory: s.Memory, PublicURL: s.PublicURL,
			})
			if err != nil {
				return err
			}
			return worker.Run(ctx)
		}),
	}
}
