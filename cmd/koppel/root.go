package main

import (
	"github.com/spf13/cobra"
)

const longHelp = `Koppel keeps every webshop's remote systems in step with one clean data model.

Support commands speak to the API. They take its address and a key from the
flags --url and --key, else from KOPPEL_URL and KOPPEL_KEY, else from the profile
~/.config/koppel/config.yaml:

  profile: production
  profiles:
    production: { url: https://koppel.example.com, key_file: ~/.config/koppel/production.key }

server, worker, migrate and doctor are for operators and read KOPPEL_… variables:
koppel server --help lists them.

An id may be given whole or by its last six characters or more. With --output json
answers are the API's JSON, and an error is one JSON object on standard error.

Exit codes: 0 done, 1 failed, 2 the command or a value in it is wrong, 3 not
found, 4 the state does not allow it, 5 the key is refused or lacks a scope,
6 a run that was waited for ended not green, 7 no answer, 130 interrupted.`

const longExample = `  koppel doctor
  koppel inbox
  koppel trace 8f2c1a BIKE-1
  koppel coupling list
  koppel sync 8f2c1a products --mode full --wait
  koppel run watch 5d0e77
  koppel run list --state failed --output json`

// The groups in which help lists the commands.
const (
	groupSupport  = "support"
	groupEngineer = "engineer"
	groupOperator = "operator"
)

// command is the whole command line.
func (p *program) command() *cobra.Command {
	root := &cobra.Command{
		Use: "koppel", Short: "The integration platform", Long: longHelp, Example: longExample, Version: version,
		SilenceErrors: true, SilenceUsage: true, Args: cobra.NoArgs,
		PersistentPreRunE: func(*cobra.Command, []string) error { return p.checkOutput() },
		RunE:              func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.PersistentFlags().StringVarP(&p.output, "output", "o", outputTable, "how answers are printed: table, or json for scripts (the API's JSON)")
	p.profile.add(root)
	_ = root.RegisterFlagCompletionFunc("output", fixed(outputTable, outputJSON))
	root.AddGroup(
		&cobra.Group{ID: groupSupport, Title: "Support:"},
		&cobra.Group{ID: groupEngineer, Title: "Connectors:"},
		&cobra.Group{ID: groupOperator, Title: "Operators:"},
	)
	in(root, groupSupport, p.inboxCommand(), p.traceCommand(), p.webshopCommand(), p.couplingCommand(), p.scheduleCommand(), p.cursorCommand(), p.syncCommand(), p.runCommand(), p.objectCommand(), p.explainCommand(), p.reviewCommand(),
		p.buyOrderCommand(), p.shipmentCommand(), p.pushCommand(), p.parkedCommand(), p.proposalCommand(), p.waitingCommand(), p.takeoverCommand(), p.hookCommand(), p.noticeCommand(), p.personCommand(), p.keyCommand())
	in(root, groupEngineer, p.connectorCommand(), p.mappingCommand())
	in(root, groupOperator, p.serverCommand(), p.workerCommand(), p.migrateCommand(), p.doctorCommand(), p.keysCommand(), p.appCredentialCommand(), p.retentionCommand())
	return root
}

func in(root *cobra.Command, group string, commands ...*cobra.Command) {
	for _, command := range commands {
		command.GroupID = group
		root.AddCommand(command)
	}
}

// noun is a command that only has commands of its own.
func noun(name, short string, verbs ...*cobra.Command) *cobra.Command {
	command := &cobra.Command{
		Use: name, Short: short, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	command.AddCommand(verbs...)
	return command
}

// fixed completes a flag or an argument with fixed words.
func fixed(words ...string) cobra.CompletionFunc {
	return func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return words, cobra.ShellCompDirectiveNoFileComp
	}
}
