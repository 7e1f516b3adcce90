package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
)

func (p *program) proposalCommand() *cobra.Command {
	return noun("proposal", "Decide on deletes that are too many to happen by themselves",
		p.proposalList(), p.proposalShow(),
		p.proposalDecision("approve", "Let the records go: products are disabled, orders count as zero", (*client.Client).ApproveProposal),
		p.proposalDecision("reject", "Keep the records; they are not proposed again until the remote has shown them", (*client.Client).RejectProposal),
		p.proposalDecision("undo", "Bring the records of an applied proposal back as they were", (*client.Client).UndoProposal),
	)
}

// proposalStates are the states by which proposals can be listed.
var proposalStates = []koppel.ProposalState{
	koppel.ProposalOpen, koppel.ProposalApproved, koppel.ProposalApplied, koppel.ProposalRejected,
	koppel.ProposalSuperseded, koppel.ProposalUndoing, koppel.ProposalUndone,
}

func (p *program) proposalList() *cobra.Command {
	var (
		flags                    listFlags
		webshop, coupling, state string
	)
	cmd := &cobra.Command{
		Use: "list", Short: "List proposals, newest first", Args: cobra.NoArgs,
		Example: "  koppel proposal list --state open\n  koppel proposal list --coupling 8f2c1a",
		RunE: p.calling(func(ctx context.Context, c *client.Client, _ []string) error {
			var filter client.ProposalFilter
			if state != "" {
				var err error
				if filter.State, err = isOneOf("state", state, proposalStates); err != nil {
					return err
				}
			}
			var err error
			if filter.Webshop, err = webshopID(ctx, c, webshop); err != nil {
				return err
			}
			if filter.Coupling, err = couplingID(ctx, c, coupling); err != nil {
				return err
			}
			fetch := func(ctx context.Context, page client.Page) (client.List[client.Proposal], error) {
				filter.Page = page
				return c.Proposals(ctx, filter)
			}
			return list(ctx, p, flags, fetch, head("ID", "COUPLING", "GROUP", "STATE", "WAITING", "APPLIED", "REASON", "UPDATED"), func(r client.Proposal) []any {
				return []any{r.ID, r.CouplingName, r.Group, r.State, r.Waiting, r.Applied, r.Reason, r.UpdatedAt}
			})
		}),
	}
	cmd.Flags().StringVar(&webshop, "webshop", "", "only those of a webshop")
	cmd.Flags().StringVar(&coupling, "coupling", "", "only those of a coupling")
	cmd.Flags().StringVar(&state, "state", "", "only those in a state, such as open")
	_ = cmd.RegisterFlagCompletionFunc("state", fixed(words(proposalStates)...))
	flags.add(cmd)
	return cmd
}

func (p *program) proposalShow() *cobra.Command {
	var flags listFlags
	cmd := &cobra.Command{
		Use: "show PROPOSAL", Short: "Show a proposal with its records", Args: cobra.ExactArgs(1),
		Example: "  koppel proposal show 31c0aa\n  koppel proposal show 31c0aa --all --output json",
		RunE: action(func(ctx context.Context, args []string) error {
			c, id, err := p.apiAndProposal(ctx, args[0])
			if err != nil {
				return err
			}
			proposal, err := c.Proposal(ctx, id)
			if err != nil {
				return err
			}
			fetch := func(ctx context.Context, page client.Page) (client.List[client.ProposalItem], error) {
				return c.ProposalItems(ctx, id, page)
			}
			records, err := fetchList(ctx, flags, fetch)
			if err != nil {
				return err
			}
			err = p.show(shownProposal{proposal, records}, func(t *table) {
				proposalRows(t, proposal)
				t.gap()
				t.row("OBJECT", "NAME", "REMOTE ID", "STREAM", "HOW KNOWN", "STATE")
				for _, i := range records.Data {
					t.row(i.Object, i.Name, i.RemoteID, i.Stream, i.Reason, i.State)
				}
			})
			if err != nil {
				return err
			}
			if records.Next != "" {
				p.note("There is more: --cursor %s, or --all", records.Next)
			}
			if proposal.State == koppel.ProposalOpen {
				p.note("Decide: koppel proposal approve %s, or koppel proposal reject %s", id, id)
			}
			return nil
		}),
	}
	flags.add(cmd)
	return cmd
}

// shownProposal is a proposal with its records, as JSON.
type shownProposal struct {
	client.Proposal
	Records client.List[client.ProposalItem] `json:"records"`
}

func (p *program) proposalDecision(verb, short string, decide func(*client.Client, context.Context, string) (client.Proposal, error)) *cobra.Command {
	return &cobra.Command{
		Use: verb + " PROPOSAL", Short: short, Args: cobra.ExactArgs(1), Example: "  koppel proposal " + verb + " 31c0aa",
		RunE: action(func(ctx context.Context, args []string) error {
			c, id, err := p.apiAndProposal(ctx, args[0])
			if err != nil {
				return err
			}
			proposal, err := decide(c, ctx, id)
			if err != nil {
				return err
			}
			if err := p.show(proposal, func(t *table) { proposalRows(t, proposal) }); err != nil {
				return err
			}
			if proposal.Started != "" {
				p.note("A run carries it out: koppel run watch %s", proposal.Started)
			}
			return nil
		}),
	}
}

func proposalRows(t *table, proposal client.Proposal) {
	t.pair("id", proposal.ID)
	t.pair("coupling", joined(proposal.CouplingName, proposal.Coupling))
	t.pair("group", proposal.Group)
	t.pair("state", proposal.State)
	t.pair("reason", proposal.Reason)
	t.pair("waiting", proposal.Waiting)
	t.pair("applied", proposal.Applied)
	t.pair("came back", proposal.Left)
	t.pair("undone", proposal.Undone)
	t.pair("proposed by run", proposal.Run)
	t.pair("updated", proposal.UpdatedAt)
	t.pair("decided", proposal.DecidedAt)
	t.pair("decided by", proposal.DecidedBy)
}

func (p *program) apiAndProposal(ctx context.Context, given string) (*client.Client, string, error) {
	c, err := p.api()
	if err != nil {
		return nil, "", err
	}
	list := func(ctx context.Context, page client.Page) (client.List[client.Proposal], error) {
		return c.Proposals(ctx, client.ProposalFilter{Page: page})
	}
	found, err := id("proposal", given, ids(ctx, list, func(p client.Proposal) string { return p.ID }))
	return c, found, err
}
