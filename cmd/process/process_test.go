package process_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/cmd/process"
	"github.com/koppel-io/koppel/store"
	"github.com/koppel-io/koppel/store/storetest"
	"github.com/koppel-io/koppel/temporal"
)

func keys(t *testing.T) *store.Keys {
	t.Helper()
	keys, err := store.ParseKeys(store.NewMasterKey("k1").Reveal())
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func TestProcessesRefuseWhatTheyCannotRunOn(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	old := storetest.New(t)
	if _, err := old.Owner(t).Exec(t.Context(), `DELETE FROM goose_db_version WHERE version_id = (SELECT max(version_id) FROM goose_db_version)`); err != nil {
		t.Fatal(err)
	}
	nowhere := temporal.Config{Address: "127.0.0.1:1"}
	for _, c := range []struct {
		name, server, worker string
		allow                []string
		kind                 koppel.Kind
		want                 string
	}{
		{"superuser", db.OwnerDSN, db.OwnerDSN, nil, koppel.KindPermission, "superuser"},
		{"each other's role", db.EngineDSN, db.AppDSN, nil, koppel.KindPermission, "connect as"},
		{"old schema", old.AppDSN, old.EngineDSN, nil, koppel.KindConflict, "koppel migrate"},
		{"bad allow list", db.AppDSN, db.EngineDSN, []string{"10.0.0.0/99"}, koppel.KindInvalidRequest, "10.0.0.0/99"},
		{"no Temporal", db.AppDSN, db.EngineDSN, nil, koppel.KindNetwork, "KOPPEL_TEMPORAL_ADDRESS"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			config := func(dsn string) process.Config {
				return process.Config{Database: koppel.NewSecret(dsn), Keys: keys(t), Temporal: nowhere, Allow: c.allow}
			}
			_, serverErr := process.NewServer(t.Context(), process.ServerConfig{Config: config(c.server), Listen: "127.0.0.1:0"})
			_, workerErr := process.NewWorker(t.Context(), process.WorkerConfig{Config: config(c.worker)})
			for what, err := range map[string]error{"server": serverErr, "worker": workerErr} {
				if koppel.KindOf(err) != c.kind || !strings.Contains(koppel.DetailOf(err), c.want) {
					t.Errorf("%s: kind %s, %v; want %s with %q", what, koppel.KindOf(err), err, c.kind, c.want)
				}
			}
		})
	}
}

func TestPublishBuiltinLeavesWhatPeoplePublished(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	first, err := process.PublishBuiltin(t.Context(), db.App)
	if err != nil {
		t.Fatal(err)
	}
	names := make([]string, len(first))
	for i, p := range first {
		names[i] = p.Connector
		if !p.New || !p.Current || p.Digest == "" {
			t.Errorf("first: %+v", p)
		}
	}
	if !slices.Contains(names, "demo") || !slices.Contains(names, "woocommerce") || !slices.IsSorted(names) {
		t.Errorf("published %v", names)
	}
	err = db.App.InTx(t.Context(), store.Queues(), func(tx *store.Tx) error {
		for _, name := range names {
			if _, err := tx.Integration(t.Context(), name); err != nil {
				return err
			}
		}
		_, err := tx.PublishConnector(t.Context(), store.NewConnectorVersion{
			Connector: "demo", Version: "99.0.0", Digest: strings.Repeat("0", 64), Manifest: "x", Mapping: "x", PublishedBy: "a person",
		})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	again, err := process.PublishBuiltin(t.Context(), db.App)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range again {
		if p.New || p.Current != (p.Connector != "demo") {
			t.Errorf("again: %+v", p)
		}
	}
}
