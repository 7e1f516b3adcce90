package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// ConnectorVersion is an immutable version of a connector.
type ConnectorVersion struct {
	ID        int64
	Connector string
	Version   string
	// Digest is the SHA-256 over manifest and mapping, as the connector's compiler makes it.
	Digest      string
	Manifest    string
	Mapping     string
	PublishedBy string
	PublishedAt time.Time
	// Current: new and unpinned couplings use it.
	Current bool
	// Held are the couplings that do not follow it, where it has just become current.
	Held []Held `db:"-"`
}

// NewConnectorVersion is what is published; everything but Fits is required.
type NewConnectorVersion struct {
	Connector   string
	Version     string
	Digest      string
	Manifest    string
	Mapping     string
	PublishedBy string
	// Fits judges the overrides of couplings that would follow: those that do not fit hold their coupling back, which
	// needs the scope of all webshops. nil judges none.
	Fits Fits
}

// BuiltIn is who publishes the connectors that come with the program.
const BuiltIn = "built in"

const versionSelect = `
SELECT v.id, v.connector, v.version, v.digest, v.manifest, v.mapping, v.published_by, v.published_at,
       coalesce(c.current_version_id = v.id, false) AS current
FROM connector_version v JOIN connector c ON c.name = v.connector`

const (
	ensureConnectorSQL = `INSERT INTO connector (name) VALUES ($1) ON CONFLICT DO NOTHING`
	lockConnectorSQL   = `SELECT name FROM connector WHERE name = $1 FOR NO KEY UPDATE`
	publishSQL         = `
INSERT INTO connector_version (connector, version, digest, manifest, mapping, published_by)
VALUES (@connector, @version, @digest, @manifest, @mapping, @published_by)
ON CONFLICT (digest) DO NOTHING`
	pointSQL = `UPDATE connector SET current_version_id = @id WHERE name = @connector`
	// A built-in version gives way to one that a person published.
	pointBuiltInSQL = `
UPDATE connector c SET current_version_id = @id
WHERE c.name = @connector AND coalesce((SELECT v.published_by = @built_in FROM connector_version v WHERE v.id = c.current_version_id), true)`
)

// PublishConnector keeps a version and makes it the current one. A digest that is there already is not written
// again, only made current. The same version name with another digest is a conflict: versions never change. A
// version published as BuiltIn becomes current only where none is, or where the current one is built in too.
func (tx *Tx) PublishConnector(ctx context.Context, n NewConnectorVersion) (ConnectorVersion, error) {
	const op = "publish connector"
	if n.Connector == "" || n.Version == "" || n.Digest == "" || n.Manifest == "" || n.PublishedBy == "" {
		return ConnectorVersion{}, invalid(op, "connector, version, digest, manifest and publisher are required")
	}
	if _, err := tx.exec(ctx, ensureConnectorSQL, n.Connector); err != nil {
		return ConnectorVersion{}, wrap(op, err)
	}
	if _, err := tx.exec(ctx, lockConnectorSQL, n.Connector); err != nil {
		return ConnectorVersion{}, wrap(op, err)
	}
	before, err := tx.currentID(ctx, n.Connector)
	if err != nil {
		return ConnectorVersion{}, wrap(op, err)
	}
	_, err = tx.exec(ctx, publishSQL, pgx.StrictNamedArgs{
		"connector": n.Connector, "version": n.Version, "digest": n.Digest,
		"manifest": n.Manifest, "mapping": n.Mapping, "published_by": n.PublishedBy,
	})
	if codeOf(err) == codeUnique {
		return ConnectorVersion{}, conflict(op, "version %s of %s is published with other content; raise the version in the manifest", n.Version, n.Connector)
	}
	if err != nil {
		return ConnectorVersion{}, wrap(op, err)
	}
	v, err := tx.ConnectorVersionByDigest(ctx, n.Digest)
	if err != nil {
		return ConnectorVersion{}, wrap(op, err)
	}
	if v.Connector != n.Connector {
		return ConnectorVersion{}, conflict(op, "this content is published as connector %s", v.Connector)
	}
	if n.PublishedBy == BuiltIn {
		_, err = tx.exec(ctx, pointBuiltInSQL, pgx.StrictNamedArgs{"connector": n.Connector, "id": v.ID, "built_in": BuiltIn})
	} else {
		_, err = tx.exec(ctx, pointSQL, pgx.StrictNamedArgs{"connector": n.Connector, "id": v.ID})
	}
	if err != nil {
		return ConnectorVersion{}, wrap(op, err)
	}
	v, err = tx.followed(ctx, before, v.ID, n.Fits)
	return v, wrap(op, err)
}

const currentIDSQL = `SELECT current_version_id FROM connector WHERE name = $1`

func (tx *Tx) currentID(ctx context.Context, connector string) (id *int64, err error) {
	err = tx.tx.QueryRow(ctx, currentIDSQL, connector).Scan(&id)
	return id, err
}

// followed loads a version; when it has become the current one, couplings whose overrides do not fit it are held back.
func (tx *Tx) followed(ctx context.Context, before *int64, id int64, fits Fits) (ConnectorVersion, error) {
	v, err := tx.ConnectorVersion(ctx, id)
	if err == nil && fits != nil && v.Current && before != nil && *before != v.ID {
		v.Held, err = tx.holdBack(ctx, before, v, fits)
	}
	return v, err
}

const versionByIDSQL = versionSelect + ` WHERE v.id = $1`

// ConnectorVersion loads one by its inner id.
func (tx *Tx) ConnectorVersion(ctx context.Context, id int64) (ConnectorVersion, error) {
	v, err := one[ConnectorVersion](ctx, tx, versionByIDSQL, id)
	return v, wrap("get connector version", err)
}

const versionByDigestSQL = versionSelect + ` WHERE v.digest = $1`

// ConnectorVersionByDigest loads one by its digest.
func (tx *Tx) ConnectorVersionByDigest(ctx context.Context, digest string) (ConnectorVersion, error) {
	const op = "get connector version"
	v, err := one[ConnectorVersion](ctx, tx, versionByDigestSQL, digest)
	return v, foundOr(op, "connector version with digest", digest, err)
}

const currentVersionSQL = versionSelect + ` WHERE c.name = $1 AND v.id = c.current_version_id`

// CurrentConnectorVersion loads the version that new and unpinned couplings of a connector use.
func (tx *Tx) CurrentConnectorVersion(ctx context.Context, connector string) (ConnectorVersion, error) {
	const op = "get current connector version"
	v, err := one[ConnectorVersion](ctx, tx, currentVersionSQL, connector)
	return v, foundOr(op, "published connector", connector, err)
}

const currentVersionsSQL = `
SELECT v.id, v.connector, v.version, v.digest, '' AS manifest, '' AS mapping, v.published_by, v.published_at, true AS current
FROM connector_version v JOIN connector c ON c.current_version_id = v.id ORDER BY v.connector`

// CurrentConnectorVersions lists the current version of every connector, without manifest and mapping.
func (tx *Tx) CurrentConnectorVersions(ctx context.Context) ([]ConnectorVersion, error) {
	list, err := many[ConnectorVersion](ctx, tx, currentVersionsSQL)
	return list, wrap("list current connector versions", err)
}

const versionsSQL = `
SELECT v.id, v.connector, v.version, v.digest, '' AS manifest, '' AS mapping, v.published_by, v.published_at,
       coalesce(c.current_version_id = v.id, false) AS current
FROM connector_version v JOIN connector c ON c.name = v.connector
WHERE v.connector = $1 ORDER BY v.id DESC LIMIT 1000`

// ConnectorVersions lists the versions of a connector, newest first, without manifest and mapping.
func (tx *Tx) ConnectorVersions(ctx context.Context, connector string) ([]ConnectorVersion, error) {
	list, err := many[ConnectorVersion](ctx, tx, versionsSQL, connector)
	return list, wrap("list connector versions", err)
}

const rollbackSQL = `
SELECT v.id FROM connector_version v JOIN connector c ON c.name = v.connector
WHERE v.connector = @connector AND CASE WHEN @version = '' THEN v.id < c.current_version_id ELSE v.version = @version END
ORDER BY v.id DESC LIMIT 1`

// RollbackConnector makes an earlier version current: the named one, or with "" the one published before the
// current one. Couplings that are pinned stay where they are, as do those whose overrides do not fit it; runs keep
// what they started with. fits is as in NewConnectorVersion.
func (tx *Tx) RollbackConnector(ctx context.Context, connector, version string, fits Fits) (ConnectorVersion, error) {
	const op = "roll connector back"
	if _, err := tx.exec(ctx, lockConnectorSQL, connector); err != nil {
		return ConnectorVersion{}, wrap(op, err)
	}
	before, err := tx.currentID(ctx, connector)
	if err != nil {
		return ConnectorVersion{}, foundOr(op, "connector", connector, err)
	}
	var id int64
	err = tx.tx.QueryRow(ctx, rollbackSQL, pgx.StrictNamedArgs{"connector": connector, "version": version}).Scan(&id)
	if err != nil {
		return ConnectorVersion{}, foundOr(op, "earlier version of connector "+connector, version, err)
	}
	if _, err := tx.exec(ctx, pointSQL, pgx.StrictNamedArgs{"connector": connector, "id": id}); err != nil {
		return ConnectorVersion{}, wrap(op, err)
	}
	v, err := tx.followed(ctx, before, id, fits)
	return v, wrap(op, err)
}
