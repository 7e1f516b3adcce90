package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// PushStop stops all pushes of what it names: a coupling, a webshop, a connector or, naming none, the installation.
type PushStop struct {
	ID           int64
	UUID         string
	WebshopUUID  *string
	CouplingUUID *string
	Connector    *string
	Reason       string
	StoppedBy    string
	StoppedAt    time.Time
	EndedBy      *string
	EndedAt      *time.Time
	// Shadow: it is the shadow of its coupling, which only the cut over ends.
	Shadow bool
}

const pushStopSelect = `
SELECT s.id, s.uuid, w.uuid AS webshop_uuid, c.uuid AS coupling_uuid, s.connector, s.reason, s.stopped_by, s.stopped_at, s.ended_by, s.ended_at, s.shadow
FROM push_stop s LEFT JOIN webshop w ON w.id = s.webshop_id LEFT JOIN coupling c ON c.id = s.coupling_id`

// NewPushStop is what is stopped; Reason and By are required, of the rest at most one is set.
type NewPushStop struct {
	Coupling, Webshop string // outside ids
	Connector         string
	Reason, By        string
}

const stopSQL = `
INSERT INTO push_stop (uuid, webshop_id, coupling_id, connector, reason, stopped_by)
VALUES (@uuid, @webshop, @coupling, @connector, @reason, @by)`

// StopPushes stops pushes until EndPushStop. What is under way ends; what is due waits, visibly. The stop is in the
// audit log. Stopping what is stopped already is of kind conflict.
func (tx *Tx) StopPushes(ctx context.Context, n NewPushStop) (PushStop, error) {
	const op = "stop pushes"
	named := 0
	for _, given := range []string{n.Coupling, n.Webshop, n.Connector} {
		if given != "" {
			named++
		}
	}
	switch {
	case named > 1:
		return PushStop{}, invalid(op, "name a coupling, a webshop or a connector, not several of them")
	case n.Reason == "" || n.By == "":
		return PushStop{}, invalid(op, "say why, and who stops")
	}
	args := pgx.StrictNamedArgs{"uuid": NewID(), "webshop": nil, "coupling": nil, "connector": orNilText(n.Connector), "reason": n.Reason, "by": n.By}
	switch {
	case n.Coupling != "":
		c, err := tx.Coupling(ctx, n.Coupling)
		if err != nil {
			return PushStop{}, wrap(op, err)
		}
		args["webshop"], args["coupling"] = c.WebshopID, c.ID
	case n.Webshop != "":
		w, err := tx.Webshop(ctx, n.Webshop)
		if err != nil {
			return PushStop{}, wrap(op, err)
		}
		args["webshop"] = w.ID
	}
	_, err := tx.exec(ctx, stopSQL, args)
	switch constraintOf(err) {
	case "push_stop_open":
		return PushStop{}, conflict(op, "it is stopped already")
	case "push_stop_connector_fkey":
		return PushStop{}, invalid(op, "there is no connector %q", n.Connector)
	}
	if err != nil {
		return PushStop{}, wrap(op, err)
	}
	s, err := one[PushStop](ctx, tx, pushStopSelect+` WHERE s.uuid = $1`, args["uuid"])
	if err != nil {
		return PushStop{}, wrap(op, err)
	}
	return s, wrap(op, tx.Audit(ctx, Audit{Actor: n.By, Action: "push.stop", Subject: s.UUID,
		After: map[string]any{"coupling": n.Coupling, "webshop": n.Webshop, "connector": n.Connector, "reason": n.Reason}}))
}

func orNilText(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

const (
	endStopSQL = `UPDATE push_stop SET ended_at = now(), ended_by = @by WHERE uuid = @uuid AND ended_at IS NULL`
	// What a stop held looks again at once.
	endHeldSQL = `UPDATE outbox SET held = NULL, held_at = NULL, due_at = least(due_at, now()) WHERE held = 'stop' AND state = 'pending'`
)

// EndPushStop lets pushes go on. Ending one that has ended is of kind conflict.
func (tx *Tx) EndPushStop(ctx context.Context, id, by string) (PushStop, error) {
	const op = "let pushes go on"
	if err := checkID(op, "push stop", id); err != nil {
		return PushStop{}, err
	}
	before, err := one[PushStop](ctx, tx, pushStopSelect+` WHERE s.uuid = $1`, id)
	if err != nil {
		return PushStop{}, foundOr(op, "push stop", id, err)
	}
	if before.Shadow {
		return PushStop{}, conflict(op, "the coupling is in shadow; let it write by the cut over: koppel coupling cutover %s", *before.CouplingUUID)
	}
	n, err := tx.exec(ctx, endStopSQL, pgx.StrictNamedArgs{"uuid": id, "by": by})
	if err == nil && n == 0 {
		return PushStop{}, conflict(op, "it has ended already, or the key may not end it")
	}
	if err != nil {
		return PushStop{}, wrap(op, err)
	}
	if _, err := tx.exec(ctx, endHeldSQL); err != nil {
		return PushStop{}, wrap(op, err)
	}
	s, err := one[PushStop](ctx, tx, pushStopSelect+` WHERE s.uuid = $1`, id)
	if err != nil {
		return PushStop{}, wrap(op, err)
	}
	return s, wrap(op, tx.Audit(ctx, Audit{Actor: by, Action: "push.resume", Subject: s.UUID, Before: map[string]any{"reason": s.Reason}}))
}

const pushStopsSQL = pushStopSelect + ` WHERE s.ended_at IS NULL ORDER BY s.id DESC LIMIT 500`

// PushStops lists the stops in force that the scope sees, newest first.
func (tx *Tx) PushStops(ctx context.Context) ([]PushStop, error) {
	list, err := many[PushStop](ctx, tx, pushStopsSQL)
	return list, wrap("list push stops", err)
}

const stopOfSQL = pushStopSelect + `
WHERE s.ended_at IS NULL AND (s.coupling_id = @coupling OR s.coupling_id IS NULL AND s.webshop_id = @webshop
      OR s.webshop_id IS NULL AND (s.connector IS NULL OR s.connector = @connector))
ORDER BY s.id LIMIT 1`

// stopOf is the stop that holds the pushes of a coupling, if one does.
func (tx *Tx) stopOf(ctx context.Context, webshop, coupling int64, connector string) (PushStop, bool, error) {
	list, err := many[PushStop](ctx, tx, stopOfSQL, pgx.StrictNamedArgs{"webshop": webshop, "coupling": coupling, "connector": connector})
	if err != nil || len(list) == 0 {
		return PushStop{}, false, err
	}
	return list[0], true, nil
}
