package store

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// Integration is the catalogue entry people see.
type Integration struct {
	ID         int64
	UUID       string
	ProviderID int64
	Code       string
	Name       string
	// Connector is the provider's; nil for providers that are no sync.
	Connector *string
}

const integrationSelect = `
SELECT i.id, i.uuid, i.provider_id, i.code, i.name, p.connector
FROM integration i JOIN provider p ON p.id = i.provider_id`

const ensureIntegrationSQL = `
WITH p AS (
    INSERT INTO provider (uuid, type, code, name, connector) VALUES (@provider, 'sync', @connector, @name, @connector)
    ON CONFLICT (code) DO UPDATE SET connector = excluded.connector
    RETURNING id
)
INSERT INTO integration (uuid, provider_id, code, name) SELECT @integration, id, @connector, @name FROM p
ON CONFLICT (code) DO NOTHING`

// EnsureIntegration makes the provider and the integration of a connector where they are missing; names that
// people edited stay.
func (tx *Tx) EnsureIntegration(ctx context.Context, connector, name string) (Integration, error) {
	const op = "ensure integration"
	if connector == "" || name == "" {
		return Integration{}, invalid(op, "connector and name are required")
	}
	if _, err := tx.exec(ctx, ensureConnectorSQL, connector); err != nil {
		return Integration{}, wrap(op, err)
	}
	_, err := tx.exec(ctx, ensureIntegrationSQL, pgx.StrictNamedArgs{
		"provider": NewID(), "integration": NewID(), "connector": connector, "name": name,
	})
	if err != nil {
		return Integration{}, wrap(op, err)
	}
	i, err := tx.Integration(ctx, connector)
	return i, wrap(op, err)
}

const integrationSQL = integrationSelect + ` WHERE i.code = $1`

// Integration finds one by its code; that of a connector's integration is the connector's name.
func (tx *Tx) Integration(ctx context.Context, code string) (Integration, error) {
	i, err := one[Integration](ctx, tx, integrationSQL, code)
	return i, foundOr("get integration", "integration", code, err)
}

const integrationsSQL = integrationSelect + ` ORDER BY i.code`

// Integrations lists all integrations.
func (tx *Tx) Integrations(ctx context.Context) ([]Integration, error) {
	list, err := many[Integration](ctx, tx, integrationsSQL)
	return list, wrap("list integrations", err)
}
