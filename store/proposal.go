package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
)

// Proposal is a set of deletes beyond the delete budget, which waits for a person or was decided on.
type Proposal struct {
	ID           int64
	UUID         string
	WebshopID    int64
	CouplingID   int64
	CouplingUUID string
	CouplingName string
	StreamGroup  string
	RunUUID      *string
	State        koppel.ProposalState
	// Reason is what of the budget it exceeds, for people.
	Reason    string
	CreatedAt time.Time
	UpdatedAt time.Time
	DecidedAt *time.Time
	DecidedBy string
	// Waiting, Applied, Left and Undone count its records.
	Waiting, Applied, Left, Undone int64
}

const (
	proposalSelect = `
SELECT p.id, p.uuid, p.webshop_id, p.coupling_id, c.uuid AS coupling_uuid, c.name AS coupling_name, p.stream_group, r.uuid AS run_uuid, p.state, p.reason,
       p.created_at, p.updated_at, p.decided_at, p.decided_by, n.waiting, n.applied, n.left, n.undone
FROM proposal p JOIN coupling c ON c.id = p.coupling_id LEFT JOIN run r ON r.id = p.run_id
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE state = 'proposed') AS waiting, count(*) FILTER (WHERE state = 'applied') AS applied,
           count(*) FILTER (WHERE state = 'left') AS left, count(*) FILTER (WHERE state = 'undone') AS undone
    FROM proposal_item WHERE webshop_id = p.webshop_id AND proposal_id = p.id
) n`
	proposalSQL     = proposalSelect + ` WHERE p.uuid = $1`
	lockProposalSQL = `SELECT id FROM proposal WHERE uuid = $1 FOR NO KEY UPDATE`
	proposalsSQL    = proposalSelect + `
WHERE p.id < @after AND (@coupling::uuid IS NULL OR c.uuid = @coupling) AND (@state = '' OR p.state = @state) ORDER BY p.id DESC LIMIT @limit`
)

// Proposal finds one by its outside id.
func (tx *Tx) Proposal(ctx context.Context, id string) (Proposal, error) {
	const op = "get proposal"
	if err := checkID(op, "proposal", id); err != nil {
		return Proposal{}, err
	}
	p, err := one[Proposal](ctx, tx, proposalSQL, id)
	return p, foundOr(op, "proposal", id, err)
}

// ProposalFilter narrows a list of proposals; the zero value lists all of the scope.
type ProposalFilter struct {
	Coupling string // outside id
	State    koppel.ProposalState
	Limit    int
	After    string
}

// Proposals lists proposals, newest first.
func (tx *Tx) Proposals(ctx context.Context, f ProposalFilter) (Page[Proposal], error) {
	const op = "list proposals"
	from, err := idAfter(op, "proposals", f.After, 1<<62)
	if err != nil {
		return Page[Proposal]{}, err
	}
	coupling, err := idOrNull(op, "coupling", f.Coupling)
	if err != nil {
		return Page[Proposal]{}, err
	}
	size := pageSize(f.Limit)
	rows, err := many[Proposal](ctx, tx, proposalsSQL, pgx.StrictNamedArgs{"after": from, "coupling": coupling, "state": string(f.State), "limit": size + 1})
	return pageOf("proposals", rows, size, func(p Proposal) int64 { return p.ID }), wrap(op, err)
}

const (
	decideProposalSQL = `UPDATE proposal SET state = $2, decided_at = now(), decided_by = $3, updated_at = now() WHERE id = $1`
	endProposalSQL    = `UPDATE proposal SET state = $2, updated_at = now() WHERE id = $1`
	keepItemsSQL      = `
UPDATE gone_suspect k SET kept_at = now() FROM proposal_item i
WHERE i.proposal_id = $1 AND i.state = 'proposed' AND k.webshop_id = i.webshop_id AND k.stream_id = i.stream_id AND k.remote_id = i.remote_id`
)

// RejectProposal keeps what is proposed: those records are not proposed again until the remote has shown them.
func (tx *Tx) RejectProposal(ctx context.Context, id, by string) (Proposal, error) {
	return tx.decideProposal(ctx, "reject proposal", id, by, koppel.ProposalOpen, koppel.ProposalRejected)
}

// ApproveProposal lets a run take the proposed records for gone.
func (tx *Tx) ApproveProposal(ctx context.Context, id, by string) (Proposal, error) {
	return tx.decideProposal(ctx, "approve proposal", id, by, koppel.ProposalOpen, koppel.ProposalApproved)
}

// UndoProposal lets a run bring the records of an applied proposal back, as they were; they are not proposed again
// until the remote has shown them.
func (tx *Tx) UndoProposal(ctx context.Context, id, by string) (Proposal, error) {
	return tx.decideProposal(ctx, "undo proposal", id, by, koppel.ProposalApplied, koppel.ProposalUndoing)
}

func (tx *Tx) decideProposal(ctx context.Context, op, id, by string, from, to koppel.ProposalState) (Proposal, error) {
	if err := checkID(op, "proposal", id); err != nil {
		return Proposal{}, err
	}
	if _, err := tx.exec(ctx, lockProposalSQL, id); err != nil {
		return Proposal{}, wrap(op, err)
	}
	p, err := tx.Proposal(ctx, id)
	switch {
	case err != nil:
		return p, err
	case p.State != from:
		return p, conflict(op, "the proposal is %s; only one that is %s can be %s", p.State, from, to)
	}
	if _, err := tx.exec(ctx, decideProposalSQL, p.ID, string(to), by); err != nil {
		return p, wrap(op, err)
	}
	if to == koppel.ProposalRejected {
		if _, err := tx.exec(ctx, keepItemsSQL, p.ID); err != nil {
			return p, wrap(op, err)
		}
	}
	return tx.Proposal(ctx, id)
}

// EndProposal notes that everything was done that a decision asked for.
func (tx *Tx) EndProposal(ctx context.Context, id int64, state koppel.ProposalState) error {
	_, err := tx.exec(ctx, endProposalSQL, id, string(state))
	return wrap("end proposal", err)
}
