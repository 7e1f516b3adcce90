package store

import (
	"context"
	"encoding/base64"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
)

// ProposalItem is one record of a proposal with the object that it carries.
type ProposalItem struct {
	Stream   string
	RemoteID string
	Reason   koppel.GoneReason
	// State is proposed, applied, left (the record came back first) or undone.
	State string
	// Object, ObjectUUID and Name are of the first object that the record gives; nil when it gives none.
	Object, ObjectUUID, Name *string
}

const proposalItemsSQL = `
SELECT st.name AS stream, i.remote_id, i.reason, i.state, s.object, coalesce(p.uuid, u.uuid, o.uuid, so.uuid, b.uuid)::text AS object_uuid,
       coalesce(p.name, u.name, o.name, so.number, b.reference) AS name
FROM proposal_item i JOIN stream st ON st.id = i.stream_id
LEFT JOIN LATERAL (
    SELECT object, object_id FROM source
    WHERE webshop_id = i.webshop_id AND coupling_id = st.coupling_id AND stream_id = i.stream_id AND record_id = i.remote_id ORDER BY object LIMIT 1
) s ON true
LEFT JOIN product p ON p.webshop_id = i.webshop_id AND p.id = s.object_id
LEFT JOIN supplier u ON u.webshop_id = i.webshop_id AND u.id = s.object_id
LEFT JOIN supplier_product o ON o.webshop_id = i.webshop_id AND o.id = s.object_id
LEFT JOIN sell_order so ON so.webshop_id = i.webshop_id AND so.id = s.object_id
LEFT JOIN buy_order b ON b.webshop_id = i.webshop_id AND b.id = s.object_id
WHERE i.proposal_id = @proposal AND i.remote_id > @after
ORDER BY i.remote_id, i.stream_id LIMIT @limit`

// ProposalItems lists the records of a proposal in the order of their ids.
func (tx *Tx) ProposalItems(ctx context.Context, proposal int64, limit int, after string) (Page[ProposalItem], error) {
	const op = "list records of a proposal"
	from, err := base64.RawURLEncoding.DecodeString(after)
	if err != nil {
		return Page[ProposalItem]{}, invalid(op, "the cursor is none that this list gave")
	}
	size := pageSize(limit)
	rows, err := many[ProposalItem](ctx, tx, proposalItemsSQL, pgx.StrictNamedArgs{"proposal": proposal, "after": string(from), "limit": size + 1})
	if err != nil {
		return Page[ProposalItem]{}, wrap(op, err)
	}
	page := Page[ProposalItem]{Items: rows}
	if len(rows) > size {
		page.Items = rows[:size]
		page.Next = base64.RawURLEncoding.EncodeToString([]byte(rows[size-1].RemoteID))
	}
	return page, nil
}

const (
	itemsToDoSQL = `
SELECT stream_id AS stream, remote_id AS id, ticket, reason FROM proposal_item
WHERE webshop_id = $1 AND proposal_id = $2 AND state = $3 ORDER BY stream_id, remote_id LIMIT $4`
	itemsDoneSQL = `
UPDATE proposal_item i SET state = CASE
    WHEN i.state = 'applied' THEN 'undone'
    WHEN EXISTS (SELECT FROM record r WHERE r.webshop_id = i.webshop_id AND r.stream_id = i.stream_id AND r.remote_id = i.remote_id AND r.gone_at IS NULL) THEN 'left'
    ELSE 'applied' END
WHERE i.webshop_id = $1 AND i.proposal_id = $2 AND i.stream_id = $3 AND i.remote_id = ANY($4)`
	keepRecordsSQL = `
INSERT INTO gone_suspect (webshop_id, coupling_id, stream_id, remote_id, reason, ticket, kept_at)
SELECT $1, $2, $3, id, 'missing', nextval('ticket'), now() FROM unnest($4::text[]) AS id
ON CONFLICT (webshop_id, stream_id, remote_id) DO UPDATE SET kept_at = now()`
)

// ToDo lists records of a proposal that its decision has yet to be carried out on, of one stream at a time.
func (tx *Tx) ToDo(ctx context.Context, p Proposal, limit int) ([]Suspect, error) {
	state := "proposed"
	if p.State == koppel.ProposalUndoing {
		state = "applied"
	}
	rows, err := many[provenRow](ctx, tx, itemsToDoSQL, p.WebshopID, p.ID, state, limit)
	if err != nil {
		return nil, wrap("list what a proposal asks for", err)
	}
	var out []Suspect
	for _, r := range rows {
		if r.Stream == rows[0].Stream {
			out = append(out, Suspect{Stream: r.Stream, Gone: Gone{ID: r.ID, Ticket: r.Ticket, Reason: koppel.GoneApproved}})
		}
	}
	return out, nil
}

// Did notes that the decision was carried out on records of a stream; ones that were undone are kept from now on.
func (tx *Tx) Did(ctx context.Context, p Proposal, stream int64, ids []string) error {
	batch := &pgx.Batch{}
	batch.Queue(itemsDoneSQL, p.WebshopID, p.ID, stream, ids)
	if p.State == koppel.ProposalUndoing {
		batch.Queue(keepRecordsSQL, p.WebshopID, p.CouplingID, stream, ids)
	}
	return wrap("note what a proposal asked for", tx.tx.SendBatch(ctx, batch).Close())
}
