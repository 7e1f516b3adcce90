package store

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
)

// HookState is how a subscription stands.
type HookState string

// The states of a subscription.
const (
	HookWanted  HookState = "wanted"
	HookActive  HookState = "active"
	HookFailing HookState = "failing"
	HookLeaving HookState = "leaving"
	HookLeft    HookState = "left"
)

// Hook is one subscription at a remote: by it the remote calls us.
type Hook struct {
	ID           int64
	UUID         string
	WebshopID    int64
	WebshopUUID  string
	CouplingID   int64
	CouplingUUID string
	Connector    string
	// Topic as the manifest names it; * for all by one.
	Topic string
	State HookState
	// RemoteID is the remote's id of it; "" before it is made.
	RemoteID     string
	Detail       string
	PublicKeys   map[string]string
	CreatedAt    time.Time
	SubscribedAt *time.Time
	CheckedAt    *time.Time
	DueAt        time.Time
	LeftAt       *time.Time
	Refused      int64
	RefusedAt    *time.Time
	RefusedFor   string
	// Swept counts changes of its streams that no call told and only a scan found.
	Swept   int64
	SweptAt *time.Time
	// Received counts calls that were kept, Repeated those that came again, of the last thirty days.
	Received, Repeated int64
	ReceivedAt         *time.Time
}

// HookSecrets are what a subscription keeps secret.
type HookSecrets struct {
	// Token is the end of the address, Secret what the remote signs with where it has none of its own.
	Token, Secret koppel.Secret
}

const (
	hookColumns = `
SELECT h.id, h.uuid, h.webshop_id, w.uuid AS webshop_uuid, h.coupling_id, c.uuid AS coupling_uuid, c.connector, h.topic, h.state,
       h.remote_id, h.detail, h.public_keys, h.created_at, h.subscribed_at, h.checked_at, h.due_at, h.left_at, h.refused, h.refused_at,
       h.refused_for, h.swept, h.swept_at`
	hookFrom = `
FROM hook h JOIN webshop w ON w.id = h.webshop_id JOIN coupling c ON c.id = h.coupling_id`
	// For people: the count goes through all calls of thirty days.
	hookSelect = hookColumns + `, k.received, k.repeated, k.received_at` + hookFrom + `
LEFT JOIN LATERAL (
    SELECT count(*) AS received, coalesce(sum(repeats), 0)::bigint AS repeated, max(at) AS received_at FROM inbox_key WHERE hook_id = h.id
) k ON true`
	uncountedHookSelect = hookColumns + `, 0::bigint AS received, 0::bigint AS repeated, NULL::timestamptz AS received_at` + hookFrom
)

// tokenHead is the part of a token that says whose it is and is no secret.
func tokenHead(uuid string) string { return strings.ReplaceAll(uuid, "-", "") }

// CallbackHead is the beginning of the address of a hook: by it one of ours is known in the remote's list.
func (h Hook) CallbackHead(public string) string {
	return strings.TrimRight(public, "/") + "/hooks/" + tokenHead(h.UUID)
}

// Callback is the address that the remote calls.
func (s HookSecrets) Callback(public string) string {
	return strings.TrimRight(public, "/") + "/hooks/" + s.Token.Reveal()
}

const insertHookSQL = `
INSERT INTO hook (uuid, webshop_id, coupling_id, topic, token_hash, sealed) VALUES (@uuid, @webshop, @coupling, @topic, @hash, @sealed)
ON CONFLICT DO NOTHING`

// WantHook makes a subscription of a topic wanted, with a token and secret of its own. One that is there already stays.
func (tx *Tx) WantHook(ctx context.Context, c Coupling, topic string) error {
	const op = "want webhook"
	id := NewID()
	random := func() string { return base64.RawURLEncoding.EncodeToString(randomBytes(24)) }
	token := tokenHead(id) + random()
	plain, err := json.Marshal(sealedHook{Token: token, Secret: random()})
	if err != nil {
		return wrap(op, err)
	}
	aead, err := tx.dataKey(ctx, op, c.WebshopID)
	if err != nil {
		return err
	}
	_, err = tx.exec(ctx, insertHookSQL, pgx.StrictNamedArgs{
		"uuid": id, "webshop": c.WebshopID, "coupling": c.ID, "topic": topic, "hash": digest(token),
		"sealed": sealWith(aead, dataKeyID, plain, hookPurpose(c.WebshopID, id)),
	})
	return wrap(op, err)
}

type sealedHook struct {
	Token  string `json:"token"`
	Secret string `json:"secret"`
}

func hookPurpose(webshop int64, uuid string) string {
	return fmt.Sprintf("%s: webhook %s", dataKeyPurpose(webshop), uuid)
}

const openHookSQL = `SELECT sealed FROM hook WHERE id = $1`

// OpenHook opens what a subscription keeps secret.
func (tx *Tx) OpenHook(ctx context.Context, h Hook) (HookSecrets, error) {
	const op = "open webhook"
	var sealed []byte
	if err := tx.tx.QueryRow(ctx, openHookSQL, h.ID).Scan(&sealed); err != nil {
		return HookSecrets{}, wrap(op, err)
	}
	aead, err := tx.dataKey(ctx, op, h.WebshopID)
	if err != nil {
		return HookSecrets{}, err
	}
	plain, err := openWith(op, aead, sealed, hookPurpose(h.WebshopID, h.UUID))
	if err != nil {
		return HookSecrets{}, err
	}
	var opened sealedHook
	if err := json.Unmarshal(plain, &opened); err != nil {
		return HookSecrets{}, wrap(op, err)
	}
	return HookSecrets{Token: koppel.NewSecret(opened.Token), Secret: koppel.NewSecret(opened.Secret)}, nil
}

// lateCalls is for how long calls that were under way are taken after a subscription ended.
const lateCalls = `10 minutes`

const findHookSQL = uncountedHookSelect + ` WHERE h.token_hash = $1 AND (h.state <> 'left' OR h.left_at > now() - interval '` + lateCalls + `')`

// FindHook finds the subscription of a token, without counting its calls, and opens its secrets; not_found for any other. It needs the app role.
func (db *DB) FindHook(ctx context.Context, token string) (h Hook, secrets HookSecrets, err error) {
	const op = "find webhook"
	err = db.InTx(ctx, AllWebshops(), func(tx *Tx) error {
		if h, err = one[Hook](ctx, tx, findHookSQL, digest(token)); err != nil {
			return err
		}
		secrets, err = tx.OpenHook(ctx, h)
		return err
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return h, secrets, koppel.E(koppel.KindNotFound, op, "there is no webhook with this token")
	}
	return h, secrets, db.wrap(op, err)
}

const (
	hooksOfSQL = hookSelect + ` WHERE h.coupling_id = $1 AND h.state <> 'left' ORDER BY h.topic, h.id`
	hookSQL    = hookSelect + ` WHERE h.uuid = $1`
	hookByID   = uncountedHookSelect + ` WHERE h.id = $1`
)

// HooksOf lists the subscriptions of a coupling, by its inner id, without those that were ended.
func (tx *Tx) HooksOf(ctx context.Context, coupling int64) ([]Hook, error) {
	list, err := many[Hook](ctx, tx, hooksOfSQL, coupling)
	return list, wrap("list webhooks", err)
}

// Hook finds one by its outside id.
func (tx *Tx) Hook(ctx context.Context, id string) (Hook, error) {
	const op = "get webhook"
	if err := checkID(op, "webhook", id); err != nil {
		return Hook{}, err
	}
	h, err := one[Hook](ctx, tx, hookSQL, id)
	return h, foundOr(op, "webhook", id, err)
}

// HookByID finds one by its inner id, without counting its calls.
func (tx *Tx) HookByID(ctx context.Context, id int64) (Hook, error) {
	h, err := one[Hook](ctx, tx, hookByID, id)
	return h, wrap("get webhook", err)
}
