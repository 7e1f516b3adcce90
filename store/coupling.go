package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
)

// Coupling is one integration switched on for one webshop.
type Coupling struct {
	ID          int64
	UUID        string
	WebshopID   int64
	WebshopUUID string
	WebshopName string
	Integration string // its code
	Connector   string
	// ConnectorVersionID and ConnectorDigest are the pinned version; nil follows the connector's current one.
	ConnectorVersionID *int64
	ConnectorDigest    *string
	// Hold says why the coupling, which follows the current version, is held on ConnectorVersionID: its mapping override
	// does not go with the current one. nil when it is not held.
	Hold            *string
	CredentialID    *int64
	CredentialUUID  *string
	Name            string
	State           koppel.CouplingState
	PauseOwner      *koppel.PauseOwner
	PauseReason     *string
	Settings        json.RawMessage
	SettingsVersion int64
	// Priority decides survivorship, the lower number wins; 0 before the first activation.
	Priority int64
	// Rules are how its objects are consolidated; an object without one is primary and found by remote id only.
	Rules map[koppel.Object]koppel.Rule
	// Ranks are its places by object and field group that a person set, 1 for the strongest.
	Ranks map[koppel.Object]map[string]float64
	// Pushes is what is written to its remote when it changes here.
	Pushes        []koppel.Object
	RemoteVersion string
	Steps         []koppel.Step
	// Quiet are the hours in which no schedule starts a run, JitterSeconds over how much time its schedules may be moved.
	Quiet         []koppel.QuietHours
	JitterSeconds int64
	// Closing are the steps of the last disabling or removal, ClosingSince is set while they are taken. RemoveObjects
	// is set from the request to remove the coupling on, RemovedAt once it is removed.
	Closing       []koppel.Step
	ClosingSince  *time.Time
	RemoveObjects *koppel.LeftObjects
	RemovedAt     *time.Time
	// ShadowSince is set while the coupling is in shadow; ShadowHooks: it subscribes to webhooks all the same.
	ShadowSince *time.Time
	ShadowHooks bool
	ActivatedAt *time.Time
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// NewCoupling is what a coupling is made of. Integration and Name are required.
type NewCoupling struct {
	Integration string // its code
	Name        string
	Credential  string          // outside id; "" for none yet
	Settings    json.RawMessage // a JSON object, checked against the connector by the caller; nil is {}
}

const couplingSelect = `
SELECT c.id, c.uuid, c.webshop_id, w.uuid AS webshop_uuid, w.name AS webshop_name, i.code AS integration, c.connector, c.connector_version_id,
       v.digest AS connector_digest, c.hold, c.credential_id, k.uuid AS credential_uuid, c.name, c.state, c.pause_owner,
       c.pause_reason, c.settings, c.settings_version, c.priority, c.rules, c.ranks, c.pushes, c.remote_version, c.steps, c.quiet, c.jitter_seconds,
       c.closing, c.closing_since, c.remove_objects, c.removed_at, x.stopped_at AS shadow_since, coalesce(x.hooks, false) AS shadow_hooks, c.activated_at,
       c.created_at, c.updated_at
FROM coupling c
JOIN webshop w ON w.id = c.webshop_id
JOIN integration i ON i.id = c.integration_id
LEFT JOIN connector_version v ON v.id = c.connector_version_id
LEFT JOIN credential k ON k.id = c.credential_id
LEFT JOIN push_stop x ON x.coupling_id = c.id AND x.shadow AND x.ended_at IS NULL`

const createCouplingSQL = `
INSERT INTO coupling (uuid, webshop_id, integration_id, connector, credential_id, name, settings)
VALUES (@uuid, @webshop, @integration, @connector, @credential, @name, @settings)`

// CreateCoupling makes a coupling in state draft in the scope's webshop.
func (tx *Tx) CreateCoupling(ctx context.Context, n NewCoupling) (Coupling, error) {
	const op = "create coupling"
	webshop, err := tx.webshop(op)
	if err != nil {
		return Coupling{}, err
	}
	if n.Name == "" {
		return Coupling{}, invalid(op, "name is empty")
	}
	settings, err := settingsObject(op, n.Settings)
	if err != nil {
		return Coupling{}, err
	}
	i, err := tx.Integration(ctx, n.Integration)
	if err != nil {
		return Coupling{}, wrap(op, err)
	}
	if i.Connector == nil {
		return Coupling{}, invalid(op, "integration %s has no connector, so it cannot be coupled", i.Code)
	}
	credential, err := tx.credentialFor(ctx, op, n.Credential, *i.Connector)
	if err != nil {
		return Coupling{}, err
	}
	id := NewID()
	_, err = tx.exec(ctx, createCouplingSQL, pgx.StrictNamedArgs{
		"uuid": id, "webshop": webshop, "integration": i.ID, "connector": *i.Connector,
		"credential": credential, "name": n.Name, "settings": settings,
	})
	if err != nil {
		return Coupling{}, wrap(op, err)
	}
	return tx.Coupling(ctx, id)
}

// credentialFor finds the credential a coupling is to use and checks that it is of the same connector.
func (tx *Tx) credentialFor(ctx context.Context, op, id, connector string) (*int64, error) {
	if id == "" {
		return nil, nil
	}
	c, err := tx.Credential(ctx, id)
	if err != nil {
		return nil, wrap(op, err)
	}
	if c.Connector != connector {
		return nil, invalid(op, "credential %s is of connector %s, the coupling of %s", id, c.Connector, connector)
	}
	return &c.ID, nil
}

func settingsObject(op string, settings json.RawMessage) (json.RawMessage, error) {
	if len(settings) == 0 {
		return json.RawMessage(`{}`), nil
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal(settings, &object); err != nil || object == nil {
		return nil, invalid(op, "settings are not a JSON object")
	}
	return settings, nil
}

const couplingSQL = couplingSelect + ` WHERE c.uuid = $1`

// Coupling finds one by its outside id.
func (tx *Tx) Coupling(ctx context.Context, id string) (Coupling, error) {
	const op = "get coupling"
	if err := checkID(op, "coupling", id); err != nil {
		return Coupling{}, err
	}
	c, err := one[Coupling](ctx, tx, couplingSQL, id)
	return c, foundOr(op, "coupling", id, err)
}

// lockCoupling finds a coupling and keeps others from changing it until the transaction ends.
func (tx *Tx) lockCoupling(ctx context.Context, op, id string) (Coupling, error) {
	if err := checkID(op, "coupling", id); err != nil {
		return Coupling{}, err
	}
	c, err := one[Coupling](ctx, tx, couplingSQL+` FOR NO KEY UPDATE OF c`, id)
	return c, foundOr(op, "coupling", id, err)
}

const couplingByIDSQL = couplingSelect + ` WHERE c.id = $1`

// CouplingByID finds one by its inner id.
func (tx *Tx) CouplingByID(ctx context.Context, id int64) (Coupling, error) {
	c, err := one[Coupling](ctx, tx, couplingByIDSQL, id)
	return c, wrap("get coupling", err)
}

// CouplingFilter narrows a list of couplings; the zero value lists all of the scope but removed ones.
type CouplingFilter struct {
	Connector string
	State     koppel.CouplingState // "removed" shows removed ones
	// Search is a part of its name or its webshop's, the webshop's external_ref, or the end of an id of either.
	Search string
	Limit  int
	After  string
}

const couplingsSQL = couplingSelect + `
WHERE c.id > @after AND (@connector = '' OR c.connector = @connector)
  AND CASE WHEN @state = '' THEN c.state <> 'removed' ELSE c.state = @state END
  AND (@search = '' OR strpos(lower(c.name), lower(@search)) > 0 OR strpos(lower(w.name), lower(@search)) > 0 OR w.external_ref = @search
       OR (length(@search) >= 6 AND (right(c.uuid::text, length(@search)) = lower(@search) OR right(w.uuid::text, length(@search)) = lower(@search))))
ORDER BY c.id LIMIT @limit`

// Couplings lists couplings from the oldest on.
func (tx *Tx) Couplings(ctx context.Context, f CouplingFilter) (Page[Coupling], error) {
	const op = "list couplings"
	from, err := idAfter(op, "couplings", f.After, 0)
	if err != nil {
		return Page[Coupling]{}, err
	}
	size := pageSize(f.Limit)
	rows, err := many[Coupling](ctx, tx, couplingsSQL, pgx.StrictNamedArgs{
		"after": from, "connector": f.Connector, "state": string(f.State), "search": f.Search, "limit": size + 1,
	})
	return pageOf("couplings", rows, size, func(c Coupling) int64 { return c.ID }), wrap(op, err)
}
