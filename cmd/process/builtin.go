package process

import (
	"context"
	"maps"
	"slices"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/connectors"
	"github.com/koppel-io/koppel/store"
)

// Published is what PublishBuiltin did with one connector.
type Published struct {
	Connector string `json:"connector"`
	Version   string `json:"version"`
	Digest    string `json:"digest"`
	// New: this version was not there before.
	New bool `json:"new"`
	// Current: it is what new and unpinned couplings use; a version that a
	// person published stays in front of a built-in one.
	Current bool `json:"current"`
	// Held are the ids of couplings that stay on the version they have, as their
	// mapping override does not go with this one.
	Held []string `json:"held,omitempty"`
}

// PublishBuiltin brings the connectors that come with the program into the
// registry and makes their integrations, in the order of their names. db is
// opened as the app role. What is there already stays as it is.
func PublishBuiltin(ctx context.Context, db *store.DB) ([]Published, error) {
	const op = "publish built-in connectors"
	sources, err := connectors.Builtin()
	if err != nil {
		return nil, koppel.Wrap(op, err)
	}
	var done []Published
	for _, name := range slices.Sorted(maps.Keys(sources)) {
		published, err := publish(ctx, db, sources[name])
		if err != nil {
			return done, koppel.Wrap(op+": "+name, err)
		}
		done = append(done, published)
	}
	return done, nil
}

func publish(ctx context.Context, db *store.DB, source connectors.Source) (Published, error) {
	c, err := connectors.Compile(source)
	if err != nil {
		return Published{}, err
	}
	return store.With(ctx, db, store.AllWebshops(), func(tx *store.Tx) (Published, error) {
		_, missing := tx.ConnectorVersionByDigest(ctx, c.Digest)
		if missing != nil && koppel.KindOf(missing) != koppel.KindNotFound {
			return Published{}, missing
		}
		v, err := tx.PublishConnector(ctx, store.NewConnectorVersion{
			Connector: c.Manifest.Connector, Version: c.Manifest.Version, Digest: c.Digest,
			Manifest: source.Manifest, Mapping: source.Mapping, PublishedBy: store.BuiltIn,
			Fits: func(_ context.Context, _ store.ConnectorVersion, overrides []store.Override) error {
				_, err := c.TestOverrides(layers(overrides))
				return err
			},
		})
		if err != nil {
			return Published{}, err
		}
		_, err = tx.EnsureIntegration(ctx, c.Manifest.Connector, c.Manifest.Name)
		published := Published{Connector: v.Connector, Version: v.Version, Digest: v.Digest, New: missing != nil, Current: v.Current}
		for _, held := range v.Held {
			published.Held = append(published.Held, held.Coupling)
		}
		return published, err
	})
}
