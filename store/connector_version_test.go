package store_test

import (
	"context"
	"testing"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
	"github.com/koppel-io/koppel/store/storetest"
)

func TestConnectorVersionsAreImmutableAndRollBack(t *testing.T) {
	t.Parallel()
	env := storetest.New(t)
	publish := func(version, digest, by string) (store.ConnectorVersion, error) {
		return try(t, env.App, store.Queues(), func(ctx context.Context, tx *store.Tx) (store.ConnectorVersion, error) {
			return tx.PublishConnector(ctx, store.NewConnectorVersion{
				Connector: "demo", Version: version, Digest: digest, Manifest: "m" + digest, Mapping: "p" + digest, PublishedBy: by,
			})
		})
	}
	current := func() store.ConnectorVersion {
		return in(t, env.Engine, store.Queues(), func(ctx context.Context, tx *store.Tx) (store.ConnectorVersion, error) {
			return tx.CurrentConnectorVersion(ctx, "demo")
		})
	}
	for _, v := range []string{"1", "2", "3"} {
		if p, err := publish(v, "digest"+v, "engineer"); err != nil || !p.Current || p.Manifest != "mdigest"+v {
			t.Fatalf("published %+v, err %v", p, err)
		}
	}
	_, err := publish("3", "other content", "engineer")
	wantKind(t, err, koppel.KindConflict, "version 3")
	rollback := func(version string) (store.ConnectorVersion, error) {
		return try(t, env.App, store.Queues(), func(ctx context.Context, tx *store.Tx) (store.ConnectorVersion, error) {
			return tx.RollbackConnector(ctx, "demo", version, nil)
		})
	}
	if v, err := rollback(""); err != nil || v.Version != "2" || current().Digest != "digest2" {
		t.Errorf("rolled back to %+v, err %v", v, err)
	}
	if v, err := rollback("1"); err != nil || v.Version != "1" {
		t.Errorf("rolled back to %+v, err %v", v, err)
	}
	_, err = rollback("")
	wantKind(t, err, koppel.KindNotFound)
	if _, err := publish("3", "digest3", "engineer"); err != nil || current().Version != "3" {
		t.Errorf("publishing the same content again leaves %s current, err %v", current().Version, err)
	}
	// A program that starts again brings its built-in version, and leaves the published one current.
	if v, err := publish("0", "digest0", store.BuiltIn); err != nil || v.Current || current().Version != "3" {
		t.Errorf("built in %+v, current %s, err %v", v, current().Version, err)
	}
	list := in(t, env.App, store.Queues(), func(ctx context.Context, tx *store.Tx) ([]store.ConnectorVersion, error) {
		return tx.ConnectorVersions(ctx, "demo")
	})
	if len(list) != 4 || list[0].Version != "0" || list[1].Version != "3" || !list[1].Current || list[1].Manifest != "" {
		t.Errorf("list is %+v", list)
	}
	for _, sql := range []string{`UPDATE connector_version SET manifest = 'x'`, `DELETE FROM connector_version`} {
		err := store.ExecForTest(t.Context(), env.App, sql)
		if err == nil {
			t.Errorf("the app may %s", sql)
		}
	}
}

func TestBuiltInVersionsFollowEachOther(t *testing.T) {
	t.Parallel()
	env := storetest.New(t)
	for _, v := range []string{"1", "2"} {
		p := in(t, env.App, store.Queues(), func(ctx context.Context, tx *store.Tx) (store.ConnectorVersion, error) {
			if _, err := tx.EnsureIntegration(ctx, "demo", "Demo shop"); err != nil {
				return store.ConnectorVersion{}, err
			}
			return tx.PublishConnector(ctx, store.NewConnectorVersion{Connector: "demo", Version: v, Digest: v, Manifest: "m", Mapping: "p", PublishedBy: store.BuiltIn})
		})
		if !p.Current {
			t.Errorf("version %s is not current", v)
		}
	}
	i := in(t, env.Engine, store.Queues(), func(ctx context.Context, tx *store.Tx) (store.Integration, error) { return tx.Integration(ctx, "demo") })
	if i.Name != "Demo shop" || i.Connector == nil || *i.Connector != "demo" {
		t.Errorf("integration %+v", i)
	}
}
