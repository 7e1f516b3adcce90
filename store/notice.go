package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
	"github.com/riverqueue/river"
)

// NoticeState is how a notice stands.
//
//	gathering ──its time comes──▶ sending ⟲ tried again ──▶ sent | failed
type NoticeState string

// The states of a notice.
const (
	NoticeGathering NoticeState = "gathering"
	NoticeSending   NoticeState = "sending"
	NoticeSent      NoticeState = "sent"
	NoticeFailed    NoticeState = "failed"
)

// Notice is one message to people.
type Notice struct {
	ID     int64
	UUID   string
	RuleID int64
	State  NoticeState
	// Entries are what it tells, at most twenty; EntryCount counts also those beyond.
	Entries    []koppel.NoticeEntry
	EntryCount int
	Attempts   int
	// Error is why the last attempt failed.
	Error     string
	CreatedAt time.Time
	EndedAt   *time.Time
}

// NoticeJob sends a notice.
type NoticeJob struct {
	Notice int64 `json:"notice"`
}

// Kind implements river.JobArgs.
func (NoticeJob) Kind() string { return "notice" }

// noticeAttempts is how often a notice is tried: by the queue's back-off, the fourth power of the attempt in seconds,
// the last comes a day after the first.
const noticeAttempts = 14

// InsertOpts implements river.JobArgsWithInsertOpts.
func (NoticeJob) InsertOpts() river.InsertOpts { return river.InsertOpts{MaxAttempts: noticeAttempts} }

// noticeEntriesMost is how many things a notice tells one by one.
const noticeEntriesMost = 20

const (
	joinNoticeSQL = `
UPDATE notice SET entry_count = entry_count + 1, entries = CASE WHEN jsonb_array_length(entries) < @most THEN entries || jsonb_build_array(@entry::jsonb) ELSE entries END
WHERE rule_id = @rule AND state = 'gathering'`
	insertNoticeSQL = `
INSERT INTO notice (uuid, rule_id, webshop_id, entries) VALUES (@uuid, @rule, @webshop, jsonb_build_array(@entry::jsonb))
ON CONFLICT (rule_id) WHERE state = 'gathering' DO UPDATE SET entry_count = notice.entry_count + 1, entries = notice.entries || excluded.entries
RETURNING id, (xmax = 0) AS made`
)

// tell puts an entry into the rule's next notice: things that come together, as in a vendor's outage, are one message.
func (tx *Tx) tell(ctx context.Context, r NoticeRule, entry koppel.NoticeEntry) error {
	const op = "tell"
	joined, err := tx.exec(ctx, joinNoticeSQL, pgx.StrictNamedArgs{"rule": r.ID, "entry": entry, "most": noticeEntriesMost})
	if err != nil || joined > 0 {
		return wrap(op, err)
	}
	type row struct {
		ID   int64
		Made bool
	}
	made, err := one[row](ctx, tx, insertNoticeSQL, pgx.StrictNamedArgs{"uuid": NewID(), "rule": r.ID, "webshop": r.WebshopID, "entry": entry})
	if err != nil || !made.Made {
		return wrap(op, err)
	}
	opts := NoticeJob{}.InsertOpts()
	opts.ScheduledAt = time.Now().Add(tx.db.gather)
	_, err = tx.db.jobs.InsertTx(ctx, tx.tx, NoticeJob{Notice: made.ID}, &opts)
	return wrap(op, err)
}

// NoticeToSend is a notice with all that sending it needs.
type NoticeToSend struct {
	Notice
	Channel koppel.NoticeChannel
	Target  koppel.Secret
}

const (
	noticeColumns = `id, uuid, rule_id, state, entries, entry_count, attempts, error, created_at, ended_at`
	takeNoticeSQL = `
UPDATE notice SET state = 'sending', attempts = attempts + 1 WHERE id = $1 AND state IN ('gathering', 'sending')
RETURNING ` + noticeColumns
	endNoticeSQL = `
UPDATE notice SET state = @state, error = @error, ended_at = CASE WHEN @state IN ('sent', 'failed') THEN now() END WHERE id = @id`
)

// TakeNotice takes a notice to send it; ok is false when there is nothing left to do. It needs the engine role.
func (db *DB) TakeNotice(ctx context.Context, id int64) (n NoticeToSend, ok bool, err error) {
	const op = "take notice"
	n, err = With(ctx, db, Queues(), func(tx *Tx) (NoticeToSend, error) {
		taken, err := many[Notice](ctx, tx, takeNoticeSQL, id)
		if err != nil || len(taken) == 0 {
			return NoticeToSend{}, wrap(op, err)
		}
		rule, err := one[NoticeRule](ctx, tx, coveringSelect+` WHERE r.id = $1`, taken[0].RuleID)
		if err != nil {
			return NoticeToSend{}, wrap(op, err)
		}
		target, err := tx.NoticeTarget(ctx, rule)
		return NoticeToSend{Notice: taken[0], Channel: rule.Channel, Target: target}, err
	})
	return n, n.ID != 0, err
}

// EndNotice notes what became of an attempt; the error's text holds no secret.
func (db *DB) EndNotice(ctx context.Context, id int64, state NoticeState, problem string) error {
	return db.InTx(ctx, Queues(), func(tx *Tx) error {
		_, err := tx.exec(ctx, endNoticeSQL, pgx.StrictNamedArgs{"id": id, "state": string(state), "error": problem})
		return wrap("end notice", err)
	})
}

const noticesSQL = `SELECT ` + noticeColumns + ` FROM notice WHERE rule_id = $1 ORDER BY id DESC LIMIT 20`

// Notices lists the newest notices of a rule.
func (tx *Tx) Notices(ctx context.Context, rule int64) ([]Notice, error) {
	list, err := many[Notice](ctx, tx, noticesSQL, rule)
	return list, wrap("list notices", err)
}

const triedNoticeSQL = `
INSERT INTO notice (uuid, rule_id, webshop_id, state, entries, attempts, error, ended_at)
VALUES (@uuid, @rule, @webshop, @state, jsonb_build_array(@entry::jsonb), 1, @error, now())`

// NoteNotice keeps one that was sent at once, to try a rule.
func (tx *Tx) NoteNotice(ctx context.Context, r NoticeRule, uuid string, entry koppel.NoticeEntry, problem string) error {
	state := NoticeSent
	if problem != "" {
		state = NoticeFailed
	}
	_, err := tx.exec(ctx, triedNoticeSQL, pgx.StrictNamedArgs{
		"uuid": uuid, "rule": r.ID, "webshop": r.WebshopID, "state": string(state), "entry": entry, "error": problem,
	})
	return wrap("note notice", err)
}

const (
	oldNoticesSQL = `DELETE FROM notice WHERE id IN (SELECT id FROM notice WHERE created_at < now() - interval '31 days' LIMIT 10000)`
	oldToldSQL    = `DELETE FROM notice_told WHERE (rule_id, key) IN (SELECT rule_id, key FROM notice_told WHERE over_at < now() - interval '31 days' LIMIT 10000)`
)

// ForgetNotices deletes notices of more than 31 days ago, and what was over as long ago. It needs the engine role.
func (db *DB) ForgetNotices(ctx context.Context) error {
	return db.InTx(ctx, Queues(), func(tx *Tx) error {
		for _, sql := range []string{oldNoticesSQL, oldToldSQL} {
			if _, err := tx.exec(ctx, sql); err != nil {
				return wrap("forget notices", err)
			}
		}
		return nil
	})
}
