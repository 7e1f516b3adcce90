package web

import (
	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
)

// proposalPage is one proposal with its records.
type proposalPage struct {
	Proposal client.Proposal
	Items    []client.ProposalItem
	Next     string
}

func (s *site) proposal(v *visit) (*page, error) {
	p, err := v.api.Proposal(v.Context(), v.PathValue("id"))
	if err != nil {
		return nil, err
	}
	items, err := v.api.ProposalItems(v.Context(), p.ID, client.Page{Limit: 2 * listSize, Cursor: v.URL.Query().Get("cursor")})
	shown := proposalPage{Proposal: p, Items: items.Data, Next: further(v.URL, items.Next)}
	return &page{name: "proposal", Title: "Deletions of " + p.CouplingName, Section: "proposals", Data: shown}, err
}

// actOnProposal is a button of the page.
func (s *site) actOnProposal(v *visit) (*page, error) {
	ctx, id, action := v.Context(), v.PathValue("id"), v.PathValue("action")
	err := error(nil)
	switch action {
	case "approve":
		_, err = v.api.ApproveProposal(ctx, id)
	case "reject":
		_, err = v.api.RejectProposal(ctx, id)
	case "undo":
		_, err = v.api.UndoProposal(ctx, id)
	default:
		err = errNoPage
	}
	return &page{to: "/proposals/" + id + "?done=" + action}, err
}

// proposalsPage lists proposals.
type proposalsPage struct {
	Filter client.ProposalFilter
	States []koppel.ProposalState
	Rows   []client.Proposal
	Next   string
}

func (s *site) proposals(v *visit) (*page, error) {
	q := v.URL.Query()
	f := client.ProposalFilter{Page: client.Page{Limit: listSize, Cursor: q.Get("cursor")}, Coupling: q.Get("coupling"), State: koppel.ProposalState(q.Get("state"))}
	list, err := v.api.Proposals(v.Context(), f)
	shown := proposalsPage{Filter: f, Rows: list.Data, Next: further(v.URL, list.Next), States: []koppel.ProposalState{koppel.ProposalOpen, koppel.ProposalApproved,
		koppel.ProposalApplied, koppel.ProposalRejected, koppel.ProposalSuperseded, koppel.ProposalUndoing, koppel.ProposalUndone}}
	return &page{name: "proposals", Title: "Proposed deletions", Section: "proposals", Data: shown}, err
}
