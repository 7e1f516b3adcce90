package store

import "context"

// Provider is the technical side of a service.
type Provider struct {
	ID        int64
	UUID      string
	Type      string
	Code      string
	Name      string
	Connector *string
}

const providersSQL = `SELECT id, uuid, type, code, name, connector FROM provider ORDER BY code`

// Providers lists all providers.
func (tx *Tx) Providers(ctx context.Context) ([]Provider, error) {
	list, err := many[Provider](ctx, tx, providersSQL)
	return list, wrap("list providers", err)
}
