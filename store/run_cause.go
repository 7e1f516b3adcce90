package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
)

// RunCause says what was different in a run, so that people see why values changed in it: another version of the
// connector, other settings, or neither, and then it was the remote's own data.
type RunCause struct {
	Run Run
	// Before is the run of the same stream group that started last before it; nil for none.
	Before *Run
	// Settings are those that differ between the two, by name.
	Settings map[string]SettingChange
	// SetBy and SetAt say who changed the settings last before the run; "" when that is not known any more.
	SetBy string
	SetAt *time.Time
}

// SettingChange is a setting before and after; nil is its default.
type SettingChange struct {
	Before, After json.RawMessage
}

const (
	runBeforeSQL = runSelect + `
WHERE r.coupling_id = @coupling AND r.stream_group = @group AND r.id < @id AND r.started_at IS NOT NULL AND r.mode <> 'push' ORDER BY r.id DESC LIMIT 1`
	settingsSetSQL = `
SELECT id, at, webshop_id, actor, action, subject, before, after FROM audit
WHERE subject = $1 AND action = 'coupling.settings' AND at <= $2 AND at >= $3 ORDER BY id DESC LIMIT 1`
)

// RunCause compares a run with the one before it.
func (tx *Tx) RunCause(ctx context.Context, run string) (RunCause, error) {
	const op = "compare run with the one before"
	r, err := tx.Run(ctx, run)
	if err != nil {
		return RunCause{}, err
	}
	c := RunCause{Run: r, Settings: map[string]SettingChange{}}
	before, err := many[Run](ctx, tx, runBeforeSQL, pgx.StrictNamedArgs{"coupling": r.CouplingID, "group": r.StreamGroup, "id": r.ID})
	if err != nil || len(before) == 0 {
		return c, wrap(op, err)
	}
	c.Before = &before[0]
	if c.Settings, err = settingChanges(before[0].Settings, r.Settings); err != nil {
		return c, wrap(op, err)
	}
	if len(c.Settings) == 0 || r.StartedAt == nil {
		return c, nil
	}
	rows, err := many[AuditRow](ctx, tx, settingsSetSQL, r.CouplingUUID, *r.StartedAt, *before[0].StartedAt)
	if err == nil && len(rows) == 1 {
		c.SetBy, c.SetAt = rows[0].Actor, &rows[0].At
	}
	return c, wrap(op, err)
}

func settingChanges(before, after json.RawMessage) (map[string]SettingChange, error) {
	var was, is map[string]json.RawMessage
	if err := json.Unmarshal(before, &was); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(after, &is); err != nil {
		return nil, err
	}
	changes := map[string]SettingChange{}
	for name, value := range is {
		if string(was[name]) != string(value) {
			changes[name] = SettingChange{Before: was[name], After: value}
		}
	}
	for name, value := range was {
		if _, stays := is[name]; !stays {
			changes[name] = SettingChange{Before: value}
		}
	}
	return changes, nil
}

const changedInRunSQL = `
SELECT count(*) AS n FROM change WHERE webshop_id = @webshop AND run_id = @run AND object = @object AND fields & (1::bigint << @bit::int) <> 0
  AND at >= @from AND at <= coalesce(@to, now())`

// ChangedInRun is how many objects of a kind changed a field in a run.
func (tx *Tx) ChangedInRun(ctx context.Context, r Run, object koppel.Object, field string) (int64, error) {
	bit, _, ok := object.Field(field)
	if !ok {
		return 0, nil
	}
	n, err := one[struct{ N int64 }](ctx, tx, changedInRunSQL, pgx.StrictNamedArgs{
		"webshop": r.WebshopID, "run": r.ID, "object": string(object), "bit": bit, "from": r.QueuedAt, "to": r.FinishedAt,
	})
	return n.N, wrap("count changes of run", err)
}
