package store

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
)

func (t *traced) readObjects(ctx context.Context) error {
	for _, id := range t.ids {
		var uuid string
		object := t.kinds[id]
		err := t.tx.tx.QueryRow(ctx, `SELECT uuid::text FROM `+tables[object].name+` WHERE webshop_id = $1 AND id = $2`, t.webshop, id).Scan(&uuid)
		if err != nil {
			return err
		}
		o, err := t.tx.Object(ctx, object, uuid)
		if err != nil {
			return err
		}
		t.out.Objects = append(t.out.Objects, o)
	}
	return nil
}

// TracedChange is an entry of the change feed.
type TracedChange struct {
	At        time.Time
	Object    koppel.Object
	ObjectID  int64
	Operation string
	Fields    int64
	RunID     *int64
	RunUUID   *string
}

// ChangedFields are the names of the fields that changed.
func (c TracedChange) ChangedFields() []string {
	return Change{Object: c.Object, Fields: c.Fields}.ChangedFields()
}

const tracedChangesSQL = `
SELECT c.at, c.object, c.object_id, c.operation, c.fields, c.run_id, r.uuid AS run_uuid FROM change c LEFT JOIN run r ON r.id = c.run_id
WHERE c.webshop_id = $1 AND c.object_id = ANY ($2) ORDER BY c.number DESC LIMIT $3`

func (t *traced) readChanges(ctx context.Context) (err error) {
	t.out.Changes, err = many[TracedChange](ctx, t.tx, tracedChangesSQL, t.webshop, t.ids, tracedChanges)
	for _, c := range t.out.Changes {
		if c.RunID != nil {
			t.note(*c.RunID)
		}
	}
	return err
}

func (t *traced) readPushes(ctx context.Context) error {
	for _, o := range t.out.Objects {
		pushes, err := t.tx.OutboxOfObject(ctx, o.Object, o.ID)
		if err != nil {
			return err
		}
		t.out.Pushes = append(t.out.Pushes, pushes...)
	}
	for _, p := range t.out.Pushes {
		if p.RunID != nil {
			t.note(*p.RunID)
		}
	}
	return nil
}

// parkedLooked is how many of the newest parked records are searched for the text: an order that could not be mapped
// has its number in its body only.
const parkedLooked = 1000

const parkedBodiesSQL = `
SELECT id, coalesce(stream_id, 0), remote_id, input, codec, raw FROM parked WHERE webshop_id = $1 AND resolved_at IS NULL ORDER BY id DESC LIMIT $2`

func (t *traced) findParked(ctx context.Context) error {
	rows, err := t.tx.tx.Query(ctx, parkedBodiesSQL, t.webshop, parkedLooked)
	if err != nil {
		return err
	}
	var id, stream int64
	var remote, input string
	var codec int16
	var stored []byte
	_, err = pgx.ForEachRow(rows, []any{&id, &stream, &remote, &input, &codec, &stored}, func() error {
		raw, err := expand(stored, codec)
		if err != nil || remote != t.text && !holds(raw, t.text) && input != t.text {
			return err
		}
		t.parked = append(t.parked, id)
		if stream != 0 {
			t.streams, t.records = append(t.streams, stream), append(t.records, remote)
		}
		return nil
	})
	return err
}

// holds reports whether a body has the text as a word of its own.
func holds(body []byte, text string) bool {
	for at := 0; ; {
		i := bytes.Index(body[at:], []byte(text))
		if i < 0 {
			return false
		}
		begin, end := at+i, at+i+len(text)
		if (begin == 0 || !inWord(body[begin-1])) && (end == len(body) || !inWord(body[end])) {
			return true
		}
		at = begin + 1
	}
}

func inWord(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '-' || c == '_' || c == '.' || c >= 0x80
}

const tracedParkedSQL = parkedColumns + `, ''::bytea AS raw` + parkedFrom + `
WHERE p.webshop_id = @webshop AND (p.id = ANY (@ids) OR p.remote_id = @text OR p.outbox_id = ANY (@pushes)
    OR (p.remote_id = ANY (@records) AND (p.stream_id, p.remote_id) IN (SELECT * FROM unnest(@streams::bigint[], @records::text[]))))
ORDER BY p.id DESC LIMIT @limit`

func (t *traced) readParked(ctx context.Context) (err error) {
	var pushes []int64
	for _, p := range t.out.Pushes {
		pushes = append(pushes, p.ID)
	}
	t.out.Parked, err = many[ParkedRow](ctx, t.tx, tracedParkedSQL, pgx.StrictNamedArgs{
		"webshop": t.webshop, "ids": t.parked, "text": t.text, "pushes": pushes, "streams": t.streams, "records": t.records, "limit": tracedParked,
	})
	return err
}

// TracedDecision is what a person decided about a record that could not be linked by itself.
type TracedDecision struct {
	CouplingUUID, CouplingName string
	Object                     koppel.Object
	RemoteID                   string
	Action                     koppel.Decision
	DecidedBy                  string
	DecidedAt                  time.Time
}

const tracedDecisionsSQL = `
SELECT DISTINCT c.uuid AS coupling_uuid, c.name AS coupling_name, d.object, d.remote_id, d.action, d.decided_by, d.decided_at
FROM unnest($2::bigint[], $3::text[]) AS k(stream_id, remote_id) JOIN stream st ON st.id = k.stream_id
JOIN link_decision d ON d.webshop_id = $1 AND d.coupling_id = st.coupling_id AND d.remote_id = k.remote_id
JOIN coupling c ON c.id = d.coupling_id ORDER BY d.decided_at DESC`

func (t *traced) readDecisions(ctx context.Context) (err error) {
	t.out.Decisions, err = many[TracedDecision](ctx, t.tx, tracedDecisionsSQL, t.webshop, t.streams, t.records)
	return err
}

// TracedGone is a record that may be gone or that a proposal names.
type TracedGone struct {
	CouplingUUID, CouplingName string
	RemoteID                   string
	Reason                     koppel.GoneReason
	At                         time.Time
	// Proposal and State are set where a proposal names it.
	Proposal *string
	State    *koppel.ProposalState
}

const tracedGoneSQL = `
SELECT c.uuid AS coupling_uuid, c.name AS coupling_name, g.remote_id, g.reason, g.first_at AS at, NULL::text AS proposal, NULL::text AS state
FROM unnest($2::bigint[], $3::text[]) AS k(stream_id, remote_id)
JOIN gone_suspect g ON g.webshop_id = $1 AND g.stream_id = k.stream_id AND g.remote_id = k.remote_id JOIN coupling c ON c.id = g.coupling_id
UNION ALL
SELECT c.uuid, c.name, i.remote_id, i.reason, coalesce(p.decided_at, p.created_at), p.uuid::text, p.state
FROM unnest($2::bigint[], $3::text[]) AS k(stream_id, remote_id)
JOIN proposal p ON p.webshop_id = $1
JOIN proposal_item i ON i.webshop_id = $1 AND i.proposal_id = p.id AND i.stream_id = k.stream_id AND i.remote_id = k.remote_id
JOIN coupling c ON c.id = p.coupling_id
ORDER BY at`

func (t *traced) readGone(ctx context.Context) (err error) {
	t.out.Gone, err = many[TracedGone](ctx, t.tx, tracedGoneSQL, t.webshop, t.streams, t.records)
	return err
}

// tracedWaitingSQL lists references that wait for one of the keys, from row @after on.
var tracedWaitingSQL = waitingWhere(`q.keys && @keys::text[] ORDER BY q.n LIMIT 20`)

func (t *traced) readWaiting(ctx context.Context) (err error) {
	keys := append([]string{t.text, "sku:" + t.text}, t.records...)
	t.out.Waiting, err = many[Waiting](ctx, t.tx, tracedWaitingSQL, pgx.StrictNamedArgs{"after": int64(0), "keys": keys})
	t.out.Waiting = slices.DeleteFunc(t.out.Waiting, func(w Waiting) bool {
		// What names it by the id of another kind of thing waits for that.
		return !slices.Contains(w.Keys, t.text) && !slices.Contains(w.Keys, "sku:"+t.text) && !t.traces(w.Target)
	})
	return err
}

// traces reports whether something of the kind is traced.
func (t *traced) traces(object koppel.Object) bool {
	return len(t.kinds) == 0 || slices.ContainsFunc(t.out.Objects, func(o ObjectRow) bool { return o.Object == object })
}

// Runs had a hand in it, or were asked for it by name.
const tracedRunsSQL = runSelect + `
WHERE r.id = ANY (@ids) OR r.id IN (
    SELECT k.id FROM (SELECT id, mode, keys FROM run WHERE webshop_id = @webshop ORDER BY id DESC LIMIT 2000) k
    WHERE k.mode = 'single' AND (k.keys->'remote_ids' ?| @names::text[] OR k.keys->'skus' ? @text OR k.keys->'eans' ? @text OR k.keys->'numbers' ? @text))
ORDER BY r.id DESC LIMIT @limit`

func (t *traced) readRuns(ctx context.Context) (err error) {
	names := append([]string{t.text}, t.records...)
	t.out.Runs, err = many[Run](ctx, t.tx, tracedRunsSQL, pgx.StrictNamedArgs{
		"ids": t.runs, "webshop": t.webshop, "names": names, "text": t.text, "limit": tracedRuns,
	})
	return err
}

// TracedExchange is a kept exchange of one of the runs.
type TracedExchange struct {
	ID      int64
	RunUUID string
	Data    koppel.Exchange
}

// Exchanges of pushes are all shown, of pulls those that name a record: most of a read has nothing to do with it.
const tracedExchangesSQL = `
SELECT x.id, r.uuid AS run_uuid, x.data FROM exchange x JOIN run r ON r.id = x.run_id
WHERE x.webshop_id = @webshop AND x.run_id = ANY (@runs)
  AND (r.direction = 'push' OR r.mode = 'single' OR EXISTS (SELECT FROM unnest(@names::text[]) AS n WHERE strpos(x.data->>'url', n) > 0))
ORDER BY x.id DESC LIMIT @limit`

func (t *traced) readExchanges(ctx context.Context) (err error) {
	runs := make([]int64, 0, len(t.out.Runs))
	for _, r := range t.out.Runs {
		runs = append(runs, r.ID)
	}
	var names []string
	for _, id := range t.records {
		names = append(names, "/"+id)
	}
	t.out.Exchanges, err = many[TracedExchange](ctx, t.tx, tracedExchangesSQL, pgx.StrictNamedArgs{
		"webshop": t.webshop, "runs": runs, "names": names, "limit": tracedExchanges,
	})
	return err
}

// Body is the record's body as JSON: as it came, or as a text where it is none.
func (r TracedRecord) Body() json.RawMessage {
	if json.Valid(r.Raw) {
		return r.Raw
	}
	text, err := json.Marshal(fmt.Sprintf("%.65536s", r.Raw))
	if err != nil {
		return nil
	}
	return text
}
