package store

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
)

// Trace is everything that is known of what a text names in one webshop, across its couplings.
type Trace struct {
	Objects   []ObjectRow
	Records   []TracedRecord
	Changes   []TracedChange
	Runs      []Run
	Pushes    []Outbox
	Exchanges []TracedExchange
	Parked    []ParkedRow
	Decisions []TracedDecision
	Gone      []TracedGone
	// Waiting are references of other objects that wait for what is traced.
	Waiting []Waiting
}

// Known reports whether anything has it.
func (t *Trace) Known() bool {
	return len(t.Objects)+len(t.Records)+len(t.Parked)+len(t.Waiting)+len(t.Pushes) > 0
}

// The most of each kind that a trace holds: it is read by a person.
const (
	tracedObjects   = 20
	tracedRecords   = 50
	tracedChanges   = 100
	tracedRuns      = 50
	tracedExchanges = 20
	tracedParked    = 50
)

// traced gathers what belongs to one text.
type traced struct {
	tx      *Tx
	webshop int64
	text    string
	// ids are the inner ids of the objects, kinds what they are; runs those of the runs that had a hand in it.
	ids   []int64
	kinds map[int64]koppel.Object
	runs  []int64
	// streams and records are the places of its records, which belong together.
	streams []int64
	records []string
	// parked are the inner ids of parked records that hold the text.
	parked []int64
	out    Trace
}

// Trace finds what a SKU, an EAN, a remote id, an order number, a reference, a tracking code or an object's id names in
// the scope's webshop, and what happened to it.
func (tx *Tx) Trace(ctx context.Context, text string) (Trace, error) {
	const op = "trace"
	webshop, err := tx.webshop(op)
	if err != nil {
		return Trace{}, err
	}
	if text = strings.TrimSpace(text); text == "" {
		return Trace{}, invalid(op, "give a SKU, an EAN, a remote id or an order number")
	}
	t := &traced{tx: tx, webshop: webshop, text: text, kinds: map[int64]koppel.Object{}}
	for _, step := range []func(context.Context) error{
		t.findParked, t.findObjects, t.findRecords, t.findMade, t.readObjects, t.readChanges, t.readPushes, t.readParked, t.readDecisions, t.readGone,
		t.readWaiting, t.readRuns, t.readExchanges,
	} {
		if err := step(ctx); err != nil {
			return Trace{}, wrap(op, err)
		}
	}
	return t.out, nil
}

// codes are the forms in which a barcode may be stored: a GTIN may have leading zeros more or less (GS1 General
// Specifications, 3.3.2).
func codes(text string) []string {
	forms := []string{text}
	if strings.Trim(text, "0123456789") != "" {
		return forms
	}
	bare := strings.TrimLeft(text, "0")
	for _, n := range []int{8, 12, 13, 14} {
		if len(bare) <= n {
			if form := strings.Repeat("0", n-len(bare)) + bare; !slices.Contains(forms, form) {
				forms = append(forms, form)
			}
		}
	}
	return forms
}

// numbers are the forms of an order number: people leave the sign away that some shops put before it.
func numbers(text string) []string {
	bare := strings.TrimLeft(text, "#")
	return slices.Compact([]string{text, bare, "#" + bare})
}

// tracedObjectsSQL finds objects by what people call them.
var tracedObjectsSQL = func() string {
	parts := []string{
		`SELECT 'products' AS object, id FROM product WHERE webshop_id = @webshop AND sku_key = lower(@text COLLATE "C")`,
		`SELECT 'products', id FROM product WHERE webshop_id = @webshop AND ean_code = ANY (@codes)`,
		`SELECT 'sell_orders', id FROM sell_order WHERE webshop_id = @webshop AND number = ANY (@numbers)`,
		`SELECT 'buy_orders', id FROM buy_order WHERE webshop_id = @webshop AND reference = @text`,
		`SELECT 'shipments', id FROM shipment WHERE webshop_id = @webshop AND tracking_code = @text`,
		`SELECT s.object, s.object_id FROM coupling c CROSS JOIN unnest(@objects::text[]) AS k(object)
JOIN source s ON s.webshop_id = @webshop AND s.coupling_id = c.id AND s.object = k.object AND s.remote_id = @text
WHERE c.webshop_id = @webshop`,
	}
	for _, object := range koppel.Objects() {
		parts = append(parts, `SELECT '`+string(object)+`', id FROM `+tables[object].name+` WHERE webshop_id = @webshop AND uuid = @uuid`)
	}
	return `SELECT DISTINCT object, id FROM (` + strings.Join(parts, "\nUNION ALL ") + `) f ORDER BY object, id LIMIT 20`
}()

func (t *traced) findObjects(ctx context.Context) error {
	var id *string
	if checkID("", "", t.text) == nil {
		id = &t.text
	}
	return t.find(ctx, tracedObjectsSQL, pgx.StrictNamedArgs{
		"webshop": t.webshop, "text": t.text, "codes": codes(t.text), "numbers": numbers(t.text), "objects": objectNames(), "uuid": id,
	})
}

func objectNames() []string {
	names := make([]string, 0, len(koppel.Objects()))
	for _, o := range koppel.Objects() {
		names = append(names, string(o))
	}
	return names
}

// find adds the objects that a query gives.
func (t *traced) find(ctx context.Context, sql string, args ...any) error {
	rows, err := t.tx.tx.Query(ctx, sql, args...)
	if err != nil {
		return err
	}
	var object string
	var id int64
	_, err = pgx.ForEachRow(rows, []any{&object, &id}, func() error {
		if _, there := t.kinds[id]; !there && len(t.ids) < tracedObjects {
			t.ids, t.kinds[id] = append(t.ids, id), koppel.Object(object)
		}
		return nil
	})
	return err
}

// TracedRecord is a stored record.
type TracedRecord struct {
	CouplingUUID, CouplingName string
	StreamID                   int64
	Stream                     string
	RemoteID                   string
	ParentID                   *string
	// Direct: it is what is traced; else what that belongs to.
	Direct    bool
	RunID     int64
	RunUUID   *string
	ChangedAt time.Time
	GoneAt    *time.Time
	Codec     int16
	// Raw is the body as it came.
	Raw []byte
}

// Records are found by their id, by the sources of the objects, and as what those belong to.
const tracedRecordsSQL = `
WITH own AS (
    SELECT st.id AS stream_id, @text::text AS remote_id FROM stream st WHERE st.webshop_id = @webshop
    UNION SELECT s.stream_id, s.record_id FROM source s WHERE s.webshop_id = @webshop AND s.object_id = ANY (@ids) AND s.stream_id IS NOT NULL
    UNION SELECT u.stream_id, u.remote_id FROM unnest(@streams::bigint[], @records::text[]) AS u(stream_id, remote_id)
), found AS (
    SELECT r.stream_id, r.remote_id, r.parent_id FROM own o JOIN record r ON r.webshop_id = @webshop AND r.stream_id = o.stream_id AND r.remote_id = o.remote_id
), every AS (
    SELECT stream_id, remote_id, bool_or(direct) AS direct FROM (
        SELECT stream_id, remote_id, true AS direct FROM found
        UNION ALL SELECT st.parent_stream_id, f.parent_id, false FROM found f JOIN stream st ON st.id = f.stream_id
        WHERE f.parent_id IS NOT NULL AND st.parent_stream_id IS NOT NULL
    ) f GROUP BY stream_id, remote_id
)
SELECT c.uuid AS coupling_uuid, c.name AS coupling_name, r.stream_id, st.name AS stream, r.remote_id, r.parent_id, e.direct, r.run_id,
       n.uuid AS run_uuid, r.changed_at, r.gone_at, r.codec, r.raw
FROM every e JOIN record r ON r.webshop_id = @webshop AND r.stream_id = e.stream_id AND r.remote_id = e.remote_id
JOIN stream st ON st.id = r.stream_id JOIN coupling c ON c.id = st.coupling_id LEFT JOIN run n ON n.id = r.run_id
ORDER BY e.direct DESC, r.changed_at DESC LIMIT 50`

func (t *traced) findRecords(ctx context.Context) error {
	list, err := many[TracedRecord](ctx, t.tx, tracedRecordsSQL, pgx.StrictNamedArgs{
		"webshop": t.webshop, "text": t.text, "ids": t.ids, "streams": t.streams, "records": t.records,
	})
	if err != nil {
		return err
	}
	for i := range list {
		r := &list[i]
		if r.Raw, err = expand(r.Raw, r.Codec); err != nil {
			return err
		}
		if r.Direct {
			t.note(r.RunID)
			t.streams, t.records = append(t.streams, r.StreamID), append(t.records, r.RemoteID)
		}
	}
	t.out.Records = list
	return nil
}

// madeObjectsSQL finds the objects that records gave.
const madeObjectsSQL = `
SELECT s.object, s.object_id FROM unnest($2::bigint[], $3::text[]) AS k(stream_id, remote_id) JOIN stream st ON st.id = k.stream_id
CROSS JOIN unnest($4::text[]) AS o(object)
JOIN source s ON s.webshop_id = $1 AND s.coupling_id = st.coupling_id AND s.object = o.object AND s.remote_id = k.remote_id AND s.stream_id = k.stream_id
UNION SELECT s.object, s.object_id FROM unnest($2::bigint[], $3::text[]) AS k(stream_id, remote_id)
JOIN source s ON s.webshop_id = $1 AND s.stream_id = k.stream_id AND s.record_id = k.remote_id AND s.record_id <> s.remote_id`

func (t *traced) findMade(ctx context.Context) error {
	return t.find(ctx, madeObjectsSQL, t.webshop, t.streams, t.records, objectNames())
}

// note keeps a run that had a hand in what is traced.
func (t *traced) note(run int64) {
	if run != 0 && !slices.Contains(t.runs, run) && len(t.runs) < tracedRuns {
		t.runs = append(t.runs, run)
	}
}
