package api

import (
	"context"

	"github.com/koppel-io/koppel/connectors"
	"github.com/koppel-io/koppel/store"
)

// versionNames finds the version names of couplings, once per connector.
type versionNames struct {
	current map[string]string
	pinned  map[string]string
}

func (v *versionNames) of(ctx context.Context, tx *store.Tx, c store.Coupling) (string, error) {
	if c.ConnectorDigest == nil {
		if v.current == nil {
			list, err := tx.CurrentConnectorVersions(ctx)
			if err != nil {
				return "", err
			}
			v.current = map[string]string{}
			for _, each := range list {
				v.current[each.Connector] = each.Version
			}
		}
		return v.current[c.Connector], nil
	}
	if name, ok := v.pinned[*c.ConnectorDigest]; ok {
		return name, nil
	}
	list, err := tx.ConnectorVersions(ctx, c.Connector)
	if err != nil {
		return "", err
	}
	if v.pinned == nil {
		v.pinned = map[string]string{}
	}
	for _, each := range list {
		v.pinned[each.Digest] = each.Version
	}
	return v.pinned[*c.ConnectorDigest], nil
}

// connectorOf is the connector version a coupling would run with now.
func (s *server) connectorOf(ctx context.Context, c store.Coupling) (*connectors.Connector, error) {
	if c.ConnectorVersionID != nil {
		return s.Connectors.Version(ctx, *c.ConnectorVersionID)
	}
	return s.currentConnector(ctx, c.Connector)
}

// currentConnector is the version of a connector that new couplings use.
func (s *server) currentConnector(ctx context.Context, name string) (*connectors.Connector, error) {
	v, err := store.With(ctx, s.Store, store.Queues(), func(tx *store.Tx) (store.ConnectorVersion, error) {
		return tx.CurrentConnectorVersion(ctx, name)
	})
	if err != nil {
		return nil, err
	}
	return s.Connectors.Version(ctx, v.ID)
}
