package store

import (
	"context"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
)

// Gone is a record that the remote has no longer.
type Gone struct {
	ID string
	// Ticket was taken before the remote said so; a record that was read under a newer one stays.
	Ticket int64
	Reason koppel.GoneReason
}

// A record's sources under its own id and (the partial index source_record) under another key.
const (
	lockGoneSQL = `
SELECT r.remote_id, r.ticket, r.gone_at IS NOT NULL, coalesce(r.parent_id, '') FROM unnest($3::text[]) AS k(id)
CROSS JOIN LATERAL (SELECT remote_id, ticket, gone_at, parent_id FROM record WHERE webshop_id = $1 AND stream_id = $2 AND remote_id = k.id FOR NO KEY UPDATE) r`
	sourcesOfSQL = `
SELECT s.record_id, s.object, s.remote_id, s.object_id FROM unnest($4::text[]) AS k(id) CROSS JOIN unnest($5::text[]) AS o(name)
CROSS JOIN LATERAL (
    SELECT record_id, object, remote_id, object_id, gone_at FROM source
    WHERE webshop_id = $1 AND coupling_id = $2 AND object = o.name AND remote_id = k.id AND record_id = k.id AND stream_id = $3 LIMIT 1
) s WHERE (s.gone_at IS NOT NULL) = $6
UNION ALL
SELECT s.record_id, s.object, s.remote_id, s.object_id FROM unnest($4::text[]) AS k(id)
CROSS JOIN LATERAL (
    SELECT record_id, object, remote_id, object_id, gone_at FROM source
    WHERE webshop_id = $1 AND stream_id = $3 AND record_id = k.id AND record_id <> remote_id OFFSET 0
) s WHERE (s.gone_at IS NOT NULL) = $6`
	goneRecordsSQL = `
UPDATE record t SET gone_at = now(), changed_at = now(), run_id = $5::bigint, ticket = greatest(t.ticket, r.ticket)
FROM (SELECT $3::bigint AS shop, $4::bigint AS stream, k.* FROM unnest($1::text[], $2::bigint[]) AS k(id, ticket) OFFSET 0) r
WHERE t.webshop_id = r.shop AND t.stream_id = r.stream AND t.remote_id = r.id`
	backRecordsSQL = `
UPDATE record t SET gone_at = NULL, changed_at = now(), run_id = $4::bigint
FROM (SELECT $2::bigint AS shop, $3::bigint AS stream, k.* FROM unnest($1::text[]) AS k(id) OFFSET 0) r
WHERE t.webshop_id = r.shop AND t.stream_id = r.stream AND t.remote_id = r.id`
	undirtySQL = `DELETE FROM dirty WHERE webshop_id = $2::bigint AND stream_id = $3::bigint AND remote_id = ANY($1::text[])`
)

// gatherGone adds what goes and what comes back to the groups: the sources of the batch's Gone and Back.
func (w *writing) gatherGone(ctx context.Context) error {
	w.gone, w.back = nil, nil
	if len(w.b.Gone)+len(w.b.Back) > 0 {
		reasons, err := w.lockGone(ctx)
		if err != nil {
			return err
		}
		if err := w.gatherSources(ctx, w.gone, reasons, false); err != nil {
			return err
		}
		if err := w.gatherSources(ctx, w.back, nil, true); err != nil {
			return err
		}
	}
	w.inOrder()
	return nil
}

// lockGone locks the records and leaves those that are gone already, were read since, or are in the batch themselves.
func (w *writing) lockGone(ctx context.Context) (map[string]Gone, error) {
	wanted := map[string]Gone{}
	for _, g := range w.b.Gone {
		if before, twice := wanted[g.ID]; !twice || before.Ticket < g.Ticket {
			wanted[g.ID] = g
		}
	}
	read := map[string]bool{}
	for _, r := range w.records {
		read[r.ID] = !w.stale(r)
	}
	ids := make([]string, 0, len(wanted)+len(w.b.Back))
	for id := range wanted {
		ids = append(ids, id)
	}
	ids = append(ids, w.b.Back...)
	slices.Sort(ids)
	found, err := w.tx.tx.Query(ctx, lockGoneSQL, w.b.Lease.Webshop, w.b.Lease.Stream, slices.Compact(ids))
	if err != nil {
		return nil, err
	}
	var id, parent string
	var ticket int64
	var gone bool
	_, err = pgx.ForEachRow(found, []any{&id, &ticket, &gone, &parent}, func() error {
		g, goes := wanted[id]
		switch {
		case read[id]:
		case goes && !gone && ticket <= g.Ticket:
			w.gone = append(w.gone, &Record{ID: id, ParentID: parent, Ticket: g.Ticket})
		case !goes && gone:
			w.back = append(w.back, &Record{ID: id, ParentID: parent, Ticket: ticket})
		}
		return nil
	})
	for _, list := range [][]*Record{w.gone, w.back} {
		slices.SortFunc(list, func(a, b *Record) int { return strings.Compare(a.ID, b.ID) })
	}
	return wanted, err
}

func (w *writing) gatherSources(ctx context.Context, records []*Record, reasons map[string]Gone, back bool) error {
	if len(records) == 0 {
		return nil
	}
	byID := make(map[string]*Record, len(records))
	for _, r := range records {
		byID[r.ID] = r
	}
	var objects []string
	for _, object := range koppel.Objects() {
		objects = append(objects, string(object))
	}
	l := w.b.Lease
	found, err := w.tx.tx.Query(ctx, sourcesOfSQL, l.Webshop, l.Coupling, l.Stream, idsOf(records), objects, back)
	if err != nil {
		return err
	}
	var record, key string
	var object koppel.Object
	var id int64
	_, err = pgx.ForEachRow(found, []any{&record, &object, &key, &id}, func() error {
		r, g := byID[record], w.group(object)
		g.items = append(g.items, &item{r: r, object: id, back: back, why: reasons[record].Reason, m: &Mapped{Object: object, RemoteID: key, Skip: true}})
		return nil
	})
	return err
}

// writeGone marks the records, and ends what waited for them.
func (w *writing) writeGone() {
	l := w.b.Lease
	if len(w.back) > 0 {
		w.pipe.add(int64(len(w.back)), backRecordsSQL, textsArg(idsOf(w.back)), intArg(l.Webshop), intArg(l.Stream), intArg(l.Run))
	}
	if len(w.gone) == 0 {
		return
	}
	ids, tickets := idsOf(w.gone), make([]int64, len(w.gone))
	for i, r := range w.gone {
		tickets[i] = r.Ticket
	}
	w.pipe.add(int64(len(ids)), goneRecordsSQL, textsArg(ids), intsArg(tickets), intArg(l.Webshop), intArg(l.Stream), intArg(l.Run))
	w.pipe.add(-1, endSuspectsSQL, textsArg(ids), intArg(l.Webshop), intArg(l.Stream))
	w.pipe.add(-1, undirtySQL, textsArg(ids), intArg(l.Webshop), intArg(l.Stream))
	if w.waiting.parked {
		w.pipe.add(-1, resolveSQL, textsArg(ids), intArg(l.Webshop), intArg(l.Stream), textsArg([]string{}), textsArg([]string{}), textArg(""))
	}
}

func idsOf(records []*Record) []string {
	ids := make([]string, len(records))
	for i, r := range records {
		ids[i] = r.ID
	}
	return ids
}
