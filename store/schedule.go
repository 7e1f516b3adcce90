package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
)

// Schedule is the wish that a stream group of a coupling runs at times given by a cron line.
type Schedule struct {
	ID          int64
	UUID        string
	CouplingID  int64
	StreamGroup string
	Mode        koppel.Mode // full or since
	Cron        string
	TimeZone    string
	CreatedAt   time.Time
	// FiredAt is when it fired last, Outcome what became of that, FiredRun the outside id of the run that was started
	// or met; nil when it never fired. Skips counts the firings in a row that were skipped.
	FiredAt  *time.Time
	Outcome  *koppel.FiringOutcome
	FiredRun *string
	Skips    int64
}

// NewSchedule is one cron line, already checked by the caller; everything is required.
type NewSchedule struct {
	StreamGroup string
	Mode        koppel.Mode
	Cron        string
	TimeZone    string
}

const (
	keepSchedulesSQL = `
DELETE FROM schedule s WHERE s.coupling_id = @coupling AND NOT EXISTS (
    SELECT FROM unnest(@groups::text[], @modes::text[], @crons::text[], @zones::text[]) AS n (stream_group, mode, cron, time_zone)
    WHERE (n.stream_group, n.mode, n.cron, n.time_zone) = (s.stream_group, s.mode, s.cron, s.time_zone))`
	addScheduleSQL = `
INSERT INTO schedule (uuid, webshop_id, coupling_id, stream_group, mode, cron, time_zone)
VALUES (@uuid, @webshop, @coupling, @group, @mode, @cron, @zone)
ON CONFLICT (coupling_id, stream_group, mode, cron, time_zone) DO NOTHING`
)

// SetSchedules makes a coupling's schedules exactly those given; ones that stay keep their id.
func (tx *Tx) SetSchedules(ctx context.Context, coupling string, wishes []NewSchedule) ([]Schedule, error) {
	const op = "set schedules"
	var groups, modes, crons, zones []string
	for _, n := range wishes {
		switch {
		case n.StreamGroup == "" || n.Cron == "":
			return nil, invalid(op, "a schedule needs a stream group and a cron line")
		case n.Mode != koppel.ModeFull && n.Mode != koppel.ModeSince:
			return nil, invalid(op, "mode %q cannot be scheduled; use full or since", n.Mode)
		}
		if _, err := time.LoadLocation(n.TimeZone); err != nil || n.TimeZone == "" {
			return nil, invalid(op, "time zone %q is unknown; use a name such as Europe/Amsterdam", n.TimeZone)
		}
		groups, modes = append(groups, n.StreamGroup), append(modes, string(n.Mode))
		crons, zones = append(crons, n.Cron), append(zones, n.TimeZone)
	}
	_, err := tx.editCoupling(ctx, op, coupling, func(c Coupling) error {
		if _, err := tx.exec(ctx, keepSchedulesSQL, pgx.StrictNamedArgs{
			"coupling": c.ID, "groups": groups, "modes": modes, "crons": crons, "zones": zones,
		}); err != nil {
			return err
		}
		for _, n := range wishes {
			if _, err := tx.exec(ctx, addScheduleSQL, pgx.StrictNamedArgs{
				"uuid": NewID(), "webshop": c.WebshopID, "coupling": c.ID, "group": n.StreamGroup,
				"mode": string(n.Mode), "cron": n.Cron, "zone": n.TimeZone,
			}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return tx.Schedules(ctx, coupling)
}

const schedulesSQL = `
SELECT s.id, s.uuid, s.coupling_id, s.stream_group, s.mode, s.cron, s.time_zone, s.created_at, s.fired_at, s.outcome, s.fired_run, s.skips
FROM schedule s JOIN coupling c ON c.id = s.coupling_id WHERE c.uuid = $1 ORDER BY s.id`

// Schedules lists a coupling's schedules in the order in which they were set.
func (tx *Tx) Schedules(ctx context.Context, coupling string) ([]Schedule, error) {
	const op = "list schedules"
	if err := checkID(op, "coupling", coupling); err != nil {
		return nil, err
	}
	list, err := many[Schedule](ctx, tx, schedulesSQL, coupling)
	return list, wrap(op, err)
}

// Timetable is everything that says when a coupling's schedules fire; the lines are checked by the caller.
type Timetable struct {
	Lines         []NewSchedule
	Quiet         []koppel.QuietHours
	JitterSeconds int64
}

const timetableSQL = `UPDATE coupling SET quiet = @quiet, jitter_seconds = @jitter, updated_at = now() WHERE id = @id`

// SetTimetable makes a coupling's timetable the one given.
func (tx *Tx) SetTimetable(ctx context.Context, coupling string, t Timetable) error {
	const op = "set timetable"
	if t.JitterSeconds < 0 || t.JitterSeconds > int64(koppel.MostJitter/time.Second) {
		return invalid(op, "jitter of %d seconds is not 0 to %d", t.JitterSeconds, int64(koppel.MostJitter/time.Second))
	}
	quiet := t.Quiet
	if quiet == nil {
		quiet = []koppel.QuietHours{}
	}
	if _, err := tx.SetSchedules(ctx, coupling, t.Lines); err != nil {
		return err
	}
	_, err := tx.editCoupling(ctx, op, coupling, func(c Coupling) error {
		_, err := tx.exec(ctx, timetableSQL, pgx.StrictNamedArgs{"id": c.ID, "quiet": quiet, "jitter": t.JitterSeconds})
		return err
	})
	return err
}

// Firing is what became of one firing of a line.
type Firing struct {
	// Schedule is the line's inner id.
	Schedule int64
	At       time.Time
	Outcome  koppel.FiringOutcome
	// Run is the outside id of the run that was started or met; "" for none.
	Run string
}

const firedSQL = `
UPDATE schedule SET fired_at = @at, outcome = @outcome, fired_run = @run::uuid, skips = CASE WHEN @outcome = 'skipped' THEN skips + 1 ELSE 0 END
WHERE id = @id AND (fired_at IS NULL OR fired_at < @at OR fired_at = @at AND (outcome, fired_run) IS DISTINCT FROM (@outcome, @run::uuid))`

// NoteFiring keeps what became of a line's last firing; the same firing noted again changes nothing.
func (tx *Tx) NoteFiring(ctx context.Context, f Firing) error {
	_, err := tx.exec(ctx, firedSQL, pgx.StrictNamedArgs{"id": f.Schedule, "at": f.At, "outcome": string(f.Outcome), "run": textOrNull(f.Run)})
	return wrap("note firing", err)
}

// Wish is one clock that Temporal has to keep: everything of one coupling that is due at the same times.
type Wish struct {
	CouplingID   int64
	CouplingUUID string
	WebshopID    int64
	WebshopUUID  string
	Connector    string
	Cron         string
	TimeZone     string
	// JitterSeconds is the coupling's.
	JitterSeconds int64
	// Due is what starts then.
	Due []Due
}

// Due is one stream group that a wish starts.
type Due struct {
	// ID is the line's inner id.
	ID          int64       `json:"id"`
	StreamGroup string      `json:"stream_group"`
	Mode        koppel.Mode `json:"mode"`
}

const wishesSQL = `
SELECT c.id AS coupling_id, c.uuid AS coupling_uuid, c.webshop_id, w.uuid AS webshop_uuid, c.connector, s.cron, s.time_zone, c.jitter_seconds,
       jsonb_agg(jsonb_build_object('id', s.id, 'stream_group', s.stream_group, 'mode', s.mode) ORDER BY s.id) AS due
FROM schedule s JOIN coupling c ON c.id = s.coupling_id JOIN webshop w ON w.id = c.webshop_id
WHERE c.state = 'active'
GROUP BY c.id, w.uuid, s.cron, s.time_zone
ORDER BY c.id, s.cron, s.time_zone`

// Wishes lists, for every active coupling of the scope, each distinct cron line and zone with what it starts. In
// the scope Queues the engine gets those of all webshops, for the reconciler.
func (tx *Tx) Wishes(ctx context.Context) ([]Wish, error) {
	list, err := many[Wish](ctx, tx, wishesSQL)
	return list, wrap("list schedule wishes", err)
}

const dueSQL = `
SELECT c.id AS coupling_id, c.uuid AS coupling_uuid, c.webshop_id, w.uuid AS webshop_uuid, c.connector, s.cron, s.time_zone, c.jitter_seconds,
       jsonb_agg(jsonb_build_object('id', s.id, 'stream_group', s.stream_group, 'mode', s.mode) ORDER BY s.id) AS due
FROM schedule s JOIN coupling c ON c.id = s.coupling_id JOIN webshop w ON w.id = c.webshop_id
WHERE c.uuid = @coupling AND s.cron = @cron AND s.time_zone = @zone AND c.state = 'active'
GROUP BY c.id, w.uuid, s.cron, s.time_zone`

// DueAt is what a tick of one clock starts now; empty when the wish is gone or the coupling is not active.
func (tx *Tx) DueAt(ctx context.Context, coupling, cron, zone string) ([]Due, error) {
	const op = "read due stream groups"
	if err := checkID(op, "coupling", coupling); err != nil {
		return nil, err
	}
	list, err := many[Wish](ctx, tx, dueSQL, pgx.StrictNamedArgs{"coupling": coupling, "cron": cron, "zone": zone})
	if err != nil || len(list) == 0 {
		return nil, wrap(op, err)
	}
	return list[0].Due, nil
}
