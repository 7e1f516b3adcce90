package api

import (
	"context"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

// proposal is a set of deletes beyond the delete budget.
type proposal struct {
	ID           string               `json:"id" format:"uuid"`
	Coupling     string               `json:"coupling" format:"uuid"`
	CouplingName string               `json:"coupling_name"`
	Group        string               `json:"group" doc:"Stream group whose run proposed it"`
	Run          string               `json:"run,omitempty" format:"uuid" doc:"The run that proved it last"`
	State        koppel.ProposalState `json:"state" enum:"open,approved,applied,rejected,superseded,undoing,undone"`
	Reason       string               `json:"reason" doc:"What of the delete budget it exceeds"`
	Waiting      int64                `json:"waiting" doc:"Records that wait for the decision or for the run that carries it out"`
	Applied      int64                `json:"applied" doc:"Records that are gone by it"`
	Left         int64                `json:"left" doc:"Records that came back by themselves"`
	Undone       int64                `json:"undone" doc:"Records that were brought back"`
	CreatedAt    time.Time            `json:"created_at"`
	UpdatedAt    time.Time            `json:"updated_at"`
	DecidedAt    *time.Time           `json:"decided_at"`
	DecidedBy    string               `json:"decided_by,omitempty"`
	Started      string               `json:"started,omitempty" format:"uuid" doc:"The run that carries the decision out, in the answer to one"`
}

func showProposal(p store.Proposal) proposal {
	return proposal{
		ID: p.UUID, Coupling: p.CouplingUUID, CouplingName: p.CouplingName, Group: p.StreamGroup, Run: text(p.RunUUID), State: p.State, Reason: p.Reason,
		Waiting: p.Waiting, Applied: p.Applied, Left: p.Left, Undone: p.Undone,
		CreatedAt: p.CreatedAt, UpdatedAt: p.UpdatedAt, DecidedAt: p.DecidedAt, DecidedBy: p.DecidedBy,
	}
}

type proposalList struct {
	Paging
	Webshop  string               `query:"webshop" format:"uuid"`
	Coupling string               `query:"coupling" format:"uuid"`
	State    koppel.ProposalState `query:"state" enum:"open,approved,applied,rejected,superseded,undoing,undone"`
}

func (s *server) listProposals(ctx context.Context, who caller, in *proposalList) (pageBody[proposal], error) {
	scope, err := s.narrow(ctx, who, in.Webshop)
	if err != nil {
		return pageBody[proposal]{}, err
	}
	return store.Read(ctx, s.Store, scope, func(tx *store.Tx) (pageBody[proposal], error) {
		if in.Coupling != "" {
			if _, err := tx.Coupling(ctx, in.Coupling); err != nil {
				return pageBody[proposal]{}, err
			}
		}
		page, err := tx.Proposals(ctx, store.ProposalFilter{Coupling: in.Coupling, State: in.State, Limit: in.Limit, After: in.Cursor})
		return pageOf(page, showProposal), err
	})
}

func (s *server) getProposal(ctx context.Context, who caller, in *ByID) (proposal, error) {
	p, err := store.Read(ctx, s.Store, who.scope, func(tx *store.Tx) (store.Proposal, error) { return tx.Proposal(ctx, in.ID) })
	return showProposal(p), err
}

// proposalItem is one record of a proposal with the object that it carries.
type proposalItem struct {
	Stream   string            `json:"stream"`
	RemoteID string            `json:"remote_id"`
	Reason   koppel.GoneReason `json:"reason" enum:"missing,feed,flag,event,parent" doc:"How it is known that it is gone"`
	State    string            `json:"state" enum:"proposed,applied,left,undone"`
	Object   string            `json:"object,omitempty"`
	ObjectID string            `json:"object_id,omitempty" format:"uuid"`
	Name     string            `json:"name,omitempty"`
}

type proposalItemsRequest struct {
	ByID
	Paging
}

func (s *server) listProposalItems(ctx context.Context, who caller, in *proposalItemsRequest) (pageBody[proposalItem], error) {
	return store.Read(ctx, s.Store, who.scope, func(tx *store.Tx) (pageBody[proposalItem], error) {
		p, err := tx.Proposal(ctx, in.ID)
		if err != nil {
			return pageBody[proposalItem]{}, err
		}
		page, err := tx.ProposalItems(ctx, p.ID, in.Limit, in.Cursor)
		return pageOf(page, func(i store.ProposalItem) proposalItem {
			return proposalItem{
				Stream: i.Stream, RemoteID: i.RemoteID, Reason: i.Reason, State: i.State,
				Object: text(i.Object), ObjectID: text(i.ObjectUUID), Name: text(i.Name),
			}
		}), err
	})
}

func (s *server) approveProposal(ctx context.Context, who caller, in *ByID) (proposal, error) {
	return s.decideProposal(ctx, who, in.ID, "proposal.approve", (*store.Tx).ApproveProposal)
}

func (s *server) rejectProposal(ctx context.Context, who caller, in *ByID) (proposal, error) {
	return s.decideProposal(ctx, who, in.ID, "proposal.reject", (*store.Tx).RejectProposal)
}

func (s *server) undoProposal(ctx context.Context, who caller, in *ByID) (proposal, error) {
	return s.decideProposal(ctx, who, in.ID, "proposal.undo", (*store.Tx).UndoProposal)
}

// decideProposal notes a decision and, unless nothing is to be done, opens the run that carries it out with it.
func (s *server) decideProposal(ctx context.Context, who caller, id, action string, decide func(*store.Tx, context.Context, string, string) (store.Proposal, error)) (proposal, error) {
	before, err := store.With(ctx, s.Store, who.scope, func(tx *store.Tx) (store.Proposal, error) { return tx.Proposal(ctx, id) })
	if err != nil {
		return proposal{}, err
	}
	var run *store.Run
	out, err := store.With(ctx, s.Store, store.ForWebshop(before.WebshopID), func(tx *store.Tx) (proposal, error) {
		run = nil
		p, err := decide(tx, ctx, id, who.name())
		if err != nil {
			return proposal{}, err
		}
		shown := showProposal(p)
		if p.State != koppel.ProposalRejected {
			opened, err := openDecision(ctx, tx, who, p)
			if err != nil {
				return proposal{}, err
			}
			run, shown.Started = &opened, opened.UUID
		}
		return shown, audit(ctx, tx, who, action, p.UUID, before.State, p.State)
	})
	if err == nil && run != nil {
		s.start(ctx, *run)
	}
	return out, err
}

func openDecision(ctx context.Context, tx *store.Tx, who caller, p store.Proposal) (store.Run, error) {
	id := store.NewID()
	opened, err := tx.OpenRun(ctx, store.NewRun{
		UUID: id, Coupling: p.CouplingUUID, Direction: koppel.Pull, StreamGroup: p.StreamGroup, Mode: koppel.ModeProposal,
		Trigger: koppel.TriggerManual, AskedBy: who.name(), Keys: store.RunKeys{Proposal: p.UUID},
		WorkflowID: koppel.PullWorkflowID(koppel.ModeProposal, p.CouplingUUID, p.StreamGroup, id),
	})
	return opened.Run, err
}
