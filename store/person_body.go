package store

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
)

// erasing is one search for a person, which erases when asked to.
type erasing struct {
	db      *DB
	webshop int64
	people  *People
	erase   bool
	// orders are the sell orders that were counted, by inner id.
	orders map[int64]bool
}

// bodyTable is a table of bodies, read by a key of a number and a text.
type bodyTable struct {
	place, effect string
	// page reads (a, b, codec, body) after a key; write puts a body in the place of what was read.
	page, write string
	// packed: the body may be compressed.
	packed bool
	// mapped: objects are made of it.
	mapped bool
}

var bodyTables = []bodyTable{
	{place: "records", effect: "personal values become null; the hash stays, so an unchanged record counts as unchanged", packed: true, mapped: true,
		page: `SELECT stream_id AS a, remote_id AS b, codec, raw AS body FROM record WHERE webshop_id = @webshop AND (stream_id, remote_id) > (@a::bigint, @b::text)
ORDER BY stream_id, remote_id LIMIT @limit`,
		write: `UPDATE record SET codec = @codec, raw = @body WHERE webshop_id = @webshop AND stream_id = @a AND remote_id = @b AND raw = @before`},
	{place: "parked", effect: "personal values become null, reason and input go", packed: true,
		page: `SELECT id AS a, '' AS b, codec, raw AS body FROM parked WHERE webshop_id = @webshop AND (id, '') > (@a::bigint, @b::text) ORDER BY id LIMIT @limit`,
		write: `UPDATE parked SET codec = @codec, raw = @body, input = '', reason = 'What it said was erased with the person it named; retry it to see why it does not map.'
WHERE webshop_id = @webshop AND id = @a AND @b::text = '' AND raw = @before`},
	{place: "corrections", effect: "personal values become null", packed: true,
		page: `SELECT stream_id AS a, remote_id AS b, codec, raw AS body FROM record_correction WHERE webshop_id = @webshop AND (stream_id, remote_id) > (@a::bigint, @b::text)
ORDER BY stream_id, remote_id LIMIT @limit`,
		write: `UPDATE record_correction SET codec = @codec, raw = @body WHERE webshop_id = @webshop AND stream_id = @a AND remote_id = @b AND raw = @before`},
	{place: "webhooks", effect: "personal values become null",
		page:  `SELECT id AS a, '' AS b, 0::smallint AS codec, body FROM inbox WHERE webshop_id = @webshop AND (id, '') > (@a::bigint, @b::text) ORDER BY id LIMIT @limit`,
		write: `UPDATE inbox SET body = @body WHERE webshop_id = @webshop AND id = @a AND @b::text = '' AND body = @before`},
	{place: "refetches", effect: "personal values become null",
		page: `SELECT a, b, codec, body FROM (
    SELECT coupling_id AS a, stream || chr(1) || remote_id || chr(1) || run_id AS b, 0::smallint AS codec, body FROM refetch_key WHERE webshop_id = @webshop AND body IS NOT NULL) k
WHERE (a, b) > (@a::bigint, @b::text) ORDER BY a, b LIMIT @limit`,
		write: `UPDATE refetch_key SET body = @body WHERE webshop_id = @webshop AND coupling_id = @a AND stream || chr(1) || remote_id || chr(1) || run_id = @b AND body = @before`},
}

// bodiesAtOnce is how many bodies are looked at in one transaction.
const bodiesAtOnce = 500

type keptBody struct {
	A     int64
	B     string
	Codec int16
	Body  []byte
}

// bodies counts the bodies of a table that name the person, and erases it from them.
func (e *erasing) bodies(ctx context.Context, t bodyTable) (found int64, err error) {
	var last keptBody
	for {
		var hits, read int
		var reached keptBody
		err := e.db.InTx(ctx, ForWebshop(e.webshop), func(tx *Tx) error {
			page, err := many[keptBody](ctx, tx, t.page, pgx.StrictNamedArgs{"webshop": e.webshop, "a": last.A, "b": last.B, "limit": bodiesAtOnce})
			if err != nil || len(page) == 0 {
				read = 0
				return err
			}
			read, reached = len(page), page[len(page)-1]
			hits, err = e.page(ctx, tx, t, page)
			return err
		})
		if err != nil {
			return found, err
		}
		if found += int64(hits); read < bodiesAtOnce {
			return found, nil
		}
		last = keptBody{A: reached.A, B: reached.B}
	}
}

func (e *erasing) page(ctx context.Context, tx *Tx, t bodyTable, page []keptBody) (hits int, err error) {
	streams := map[int64][]string{}
	for _, row := range page {
		raw, err := expand(row.Body, row.Codec)
		if err != nil {
			return 0, err
		}
		redacted, hit := e.people.Redact(raw)
		if !hit {
			continue
		}
		hits++
		if t.mapped {
			streams[row.A] = append(streams[row.A], row.B)
		}
		if !e.erase {
			continue
		}
		args := pgx.StrictNamedArgs{"webshop": e.webshop, "a": row.A, "b": row.B, "before": row.Body, "body": redacted}
		if t.packed {
			args["body"], args["codec"] = compress(nil, redacted)
		}
		if _, err := tx.exec(ctx, t.write, args); err != nil {
			return 0, err
		}
	}
	for stream, records := range streams {
		if err := e.ordersOf(ctx, tx, stream, records); err != nil {
			return 0, err
		}
	}
	return hits, nil
}

const (
	ordersOfRecordsSQL = `
SELECT object_id FROM source WHERE webshop_id = $1 AND coupling_id = (SELECT coupling_id FROM stream WHERE id = $2) AND object = 'sell_orders' AND remote_id = ANY($3) AND stream_id = $2
UNION
SELECT object_id FROM source WHERE webshop_id = $1 AND stream_id = $2 AND record_id = ANY($3) AND record_id <> remote_id AND object = 'sell_orders'`
	ordersOfCustomerSQL = `SELECT id FROM sell_order WHERE webshop_id = $1 AND lower(trim(customer)) = $2 ORDER BY id LIMIT $3`
	customerSourcesSQL  = `SELECT coupling_id, remote_id, mapped::text AS mapped FROM source WHERE webshop_id = $1 AND object_id = ANY($2) AND object = 'sell_orders' ORDER BY coupling_id, remote_id FOR UPDATE`
	clearSourceSQL      = `UPDATE source SET mapped = $4::json, notes = NULL WHERE webshop_id = $1 AND coupling_id = $2 AND object = 'sell_orders' AND remote_id = $3`
	clearCustomerSQL    = `UPDATE sell_order SET customer = NULL WHERE webshop_id = $1 AND id = ANY($2) AND customer IS NOT NULL`
)

func (e *erasing) ordersOf(ctx context.Context, tx *Tx, stream int64, records []string) error {
	found, err := tx.tx.Query(ctx, ordersOfRecordsSQL, e.webshop, stream, records)
	if err != nil {
		return err
	}
	ids, err := pgx.CollectRows(found, pgx.RowTo[int64])
	if err != nil {
		return err
	}
	return e.clearOrders(ctx, tx, ids)
}

// clearOrders takes the customer out of sell orders and of what couplings and people say of them.
func (e *erasing) clearOrders(ctx context.Context, tx *Tx, ids []int64) error {
	for _, id := range ids {
		e.orders[id] = true
	}
	if !e.erase || len(ids) == 0 {
		return nil
	}
	type said struct {
		CouplingID int64
		RemoteID   string
		Mapped     string
	}
	sources, err := many[said](ctx, tx, customerSourcesSQL, e.webshop, ids)
	if err != nil {
		return err
	}
	fields := koppel.SellOrders.Fields()
	at, _, _ := koppel.SellOrders.Field("customer")
	for _, s := range sources {
		values, err := decodeMapped([]byte(s.Mapped), fields)
		if err != nil {
			return err
		}
		if values[at] == nil {
			continue
		}
		values[at] = nil
		if _, err := tx.exec(ctx, clearSourceSQL, e.webshop, s.CouplingID, s.RemoteID, string(appendMapped(nil, fields, values))); err != nil {
			return err
		}
	}
	if err := tx.mergeAgain(ctx, "erase person", koppel.SellOrders, ids...); err != nil {
		return err
	}
	// An order that nothing gives any longer is not merged.
	_, err = tx.exec(ctx, clearCustomerSQL, e.webshop, ids)
	return err
}

// ofCustomer goes through the sell orders of a customer's remote id and counts all that were found.
func (e *erasing) ofCustomer(ctx context.Context, customer string) (int64, error) {
	if customer == "" {
		return int64(len(e.orders)), nil
	}
	limit := bodiesAtOnce
	if !e.erase {
		limit = 1 << 30
	}
	for {
		n := 0
		err := e.db.InTx(ctx, ForWebshop(e.webshop), func(tx *Tx) error {
			found, err := tx.tx.Query(ctx, ordersOfCustomerSQL, e.webshop, customer, limit)
			if err != nil {
				return err
			}
			ids, err := pgx.CollectRows(found, pgx.RowTo[int64])
			if err != nil {
				return err
			}
			n = len(ids)
			return e.clearOrders(ctx, tx, ids)
		})
		if err != nil || n < limit {
			return int64(len(e.orders)), err
		}
	}
}
