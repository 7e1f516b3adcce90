package store

const (
	addSuspectsSQL = `
INSERT INTO gone_suspect (webshop_id, coupling_id, stream_id, remote_id, reason, ticket, proven)
SELECT r.webshop_id, $2::bigint, r.stream_id, r.remote_id, k.reason, k.ticket, true
FROM unnest($3::bigint[], $4::text[], $5::text[], $6::bigint[]) AS k(stream, id, reason, ticket)
CROSS JOIN LATERAL (
    SELECT * FROM record WHERE webshop_id = $1::bigint AND stream_id = k.stream AND remote_id = k.id AND gone_at IS NULL AND ticket <= k.ticket OFFSET 0
) r
ORDER BY r.stream_id, r.remote_id
ON CONFLICT (webshop_id, stream_id, remote_id) DO UPDATE
SET reason = excluded.reason, ticket = greatest(gone_suspect.ticket, excluded.ticket), proven = true`
	clearSuspectsSQL = `
WITH seen AS (SELECT * FROM unnest($3::text[], $4::bigint[]) AS k(id, ticket)), cleared AS (
    DELETE FROM gone_suspect s USING seen WHERE s.webshop_id = $1::bigint AND s.stream_id = $2::bigint AND s.remote_id = seen.id AND s.ticket < seen.ticket
    RETURNING s.remote_id
)
UPDATE proposal_item i SET state = 'left' FROM cleared
WHERE i.webshop_id = $1::bigint AND i.stream_id = $2::bigint AND i.remote_id = cleared.remote_id AND i.state = 'proposed'`
	endSuspectsSQL = `DELETE FROM gone_suspect WHERE webshop_id = $2::bigint AND stream_id = $3::bigint AND remote_id = ANY($1::text[])`
)

// writeSuspects takes down what is said to be gone, and clears what was read again since.
func (w *writing) writeSuspects() {
	l, b := w.b.Lease, w.b
	if list := distinctSuspects(b.Suspects); len(list) > 0 {
		n := len(list)
		streams, tickets := make([]int64, n), make([]int64, n)
		ids, reasons := make([]string, n), make([]string, n)
		for i, s := range list {
			streams[i], ids[i], reasons[i], tickets[i] = s.Stream, s.ID, string(s.Reason), s.Ticket
		}
		w.pipe.add(-1, addSuspectsSQL, intArg(l.Webshop), intArg(l.Coupling), intsArg(streams), textsArg(ids), textsArg(reasons), intsArg(tickets))
	}
	if !w.waiting.suspects || b.Mapping {
		return
	}
	flagged := make(map[string]bool, len(b.Suspects))
	for _, s := range b.Suspects {
		flagged[s.ID] = s.Stream == l.Stream
	}
	var ids []string
	var tickets []int64
	for _, id := range b.Seen {
		if !flagged[id] && b.SeenTicket > 0 {
			ids, tickets = append(ids, id), append(tickets, b.SeenTicket)
		}
	}
	for _, r := range w.records {
		if !w.stale(r) {
			ids, tickets = append(ids, r.ID), append(tickets, r.Ticket)
		}
	}
	if len(ids) > 0 {
		w.pipe.add(-1, clearSuspectsSQL, intArg(l.Webshop), intArg(l.Stream), textsArg(ids), intsArg(tickets))
	}
}

// distinctSuspects leaves the newest of each record.
func distinctSuspects(list []Suspect) []Suspect {
	type key struct {
		stream int64
		id     string
	}
	out, at := make([]Suspect, 0, len(list)), map[key]int{}
	for _, s := range list {
		k := key{s.Stream, s.ID}
		if i, twice := at[k]; !twice {
			at[k] = len(out)
			out = append(out, s)
		} else if out[i].Ticket < s.Ticket {
			out[i] = s
		}
	}
	return out
}
