package store

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
)

const (
	shareConnectorSQL = `SELECT name FROM connector WHERE name = $1 FOR SHARE`
	// overriddenSQL are the couplings of a connector that have overrides, of one webshop or of all.
	overriddenSQL = couplingSelect + `
WHERE c.connector = @connector AND c.state <> 'removed' AND (@webshop::bigint = 0 OR c.webshop_id = @webshop)
  AND EXISTS (SELECT FROM mapping_override o WHERE o.webshop_id = c.webshop_id AND o.connector = c.connector AND (o.coupling_id IS NULL OR o.coupling_id = c.id))
ORDER BY c.id FOR NO KEY UPDATE OF c`
	holdCouplingSQL = `UPDATE coupling SET connector_version_id = @version, hold = @hold, updated_at = now() WHERE id = @id`
)

// Held is a coupling that stays on its connector version, as its override does not go with the newer one.
type Held struct {
	Coupling string // outside id
	Name     string
	Reason   string
}

// fitSaved checks what was just saved with every coupling that it counts for. One that is held back goes on to the
// current version when it fits that by now; else it has to fit the version that the coupling has.
func (tx *Tx) fitSaved(ctx context.Context, c Coupling, level koppel.OverrideLevel, fits Fits) (released []Coupling, err error) {
	couplings := []Coupling{c}
	if level == koppel.OverrideWebshop {
		if couplings, err = many[Coupling](ctx, tx, overriddenSQL, pgx.StrictNamedArgs{"connector": c.Connector, "webshop": c.WebshopID}); err != nil {
			return nil, wrap("save override", err)
		}
	}
	current, err := tx.CurrentConnectorVersion(ctx, c.Connector)
	if err != nil {
		return nil, err
	}
	for _, each := range couplings {
		overrides, err := tx.OverridesInForce(ctx, each.ID)
		if err != nil {
			return nil, err
		}
		version := current
		if each.ConnectorVersionID != nil && each.Hold == nil {
			if version, err = tx.ConnectorVersion(ctx, *each.ConnectorVersionID); err != nil {
				return nil, err
			}
		}
		err = fits(ctx, version, overrides)
		if err != nil && each.Hold != nil {
			reason := holdReason(version, err)
			if version, err = tx.ConnectorVersion(ctx, *each.ConnectorVersionID); err != nil {
				return nil, err
			}
			if err = fits(ctx, version, overrides); err == nil {
				err = tx.hold(ctx, each, each.ConnectorVersionID, &reason)
			}
		} else if err == nil && each.Hold != nil {
			released = append(released, each)
			err = tx.hold(ctx, each, nil, nil)
		}
		if err != nil {
			return nil, err
		}
	}
	return released, nil
}

// holdBack keeps couplings on the version they have whose overrides do not fit the one that has become current, and
// lets go on those that fit it.
func (tx *Tx) holdBack(ctx context.Context, before *int64, v ConnectorVersion, fits Fits) (held []Held, err error) {
	couplings, err := many[Coupling](ctx, tx, overriddenSQL, pgx.StrictNamedArgs{"connector": v.Connector, "webshop": 0})
	if err != nil {
		return nil, err
	}
	for _, c := range couplings {
		if c.ConnectorVersionID != nil && c.Hold == nil {
			continue // a person chose its version
		}
		overrides, err := tx.OverridesInForce(ctx, c.ID)
		if err != nil {
			return nil, err
		}
		if err = fits(ctx, v, overrides); err == nil {
			if c.Hold != nil {
				err = tx.hold(ctx, c, nil, nil)
			}
		} else if koppel.KindOf(err) == koppel.KindInvalidRequest {
			reason, stays := holdReason(v, err), before
			if c.Hold != nil {
				stays = c.ConnectorVersionID
			}
			held = append(held, Held{Coupling: c.UUID, Name: c.Name, Reason: reason})
			err = tx.hold(ctx, c, stays, &reason)
		}
		if err != nil {
			return nil, err
		}
	}
	return held, nil
}

func (tx *Tx) hold(ctx context.Context, c Coupling, version *int64, reason *string) error {
	_, err := tx.exec(ctx, holdCouplingSQL, pgx.StrictNamedArgs{"id": c.ID, "version": version, "hold": reason})
	return err
}

// holdMost is the longest reason that is kept, in bytes.
const holdMost = 4000

func holdReason(v ConnectorVersion, err error) string {
	reason := "the mapping override does not go with version " + v.Version + ": " + koppel.DetailOf(err)
	if len(reason) > holdMost {
		reason = strings.ToValidUTF8(reason[:holdMost], "") + "…"
	}
	return reason
}
