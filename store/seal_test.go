package store_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
	"github.com/koppel-io/koppel/store/storetest"
)

func mustKeys(t *testing.T, text string) *store.Keys {
	t.Helper()
	keys, err := store.ParseKeys(text)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func TestParseKeys(t *testing.T) {
	t.Parallel()
	a, b := store.NewMasterKey("2026-11").Reveal(), store.NewMasterKey("2025").Reveal()
	if keys := mustKeys(t, "# newest first\n"+a+"\n\n"+b+"\n"); keys.Primary() != "2026-11" {
		t.Errorf("primary is %q, want the first", keys.Primary())
	}
	for name, text := range map[string]string{
		"empty": "", "only a comment": "# x", "no id": "justtext", "short key": "a=c2hvcnQ=", "twice": a + "," + a,
		"bad base64": "a=" + strings.Repeat("!", 44), "bad id": "a b=" + strings.TrimPrefix(a, "2026-11="),
	} {
		_, err := store.ParseKeys(text)
		if koppel.KindOf(err) != koppel.KindInvalidRequest {
			t.Errorf("%s: error is %v", name, err)
		}
		if text != "" && err != nil && strings.Contains(err.Error(), strings.TrimPrefix(a, "2026-11=")) {
			t.Errorf("%s: error shows a key: %v", name, err)
		}
	}
}

func TestARotationNeverFailsARead(t *testing.T) {
	t.Parallel()
	env := storetest.New(t)
	shop := env.Webshop(t, "shop")
	env.Publish(t, storetest.Connector, "1")
	old, fresh := store.NewMasterKey("old").Reveal(), store.NewMasterKey("new").Reveal()
	open := func(keyset string) *store.DB {
		t.Helper()
		db, err := store.Open(t.Context(), store.Config{DSN: env.AppDSN, Role: store.App, Keys: mustKeys(t, keyset), MaxConns: 2})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(db.Close)
		return db
	}
	secrets := map[string]koppel.Secret{"token": koppel.NewSecret("s3cret")}
	before, both, after := open(old), open(fresh+"\n"+old), open(fresh)
	scope := store.ForWebshop(shop.ID)
	c := in(t, before, scope, func(ctx context.Context, tx *store.Tx) (store.Credential, error) {
		if _, err := tx.SetAppCredential(ctx, storetest.Connector, "sandbox", secrets); err != nil {
			return store.Credential{}, err
		}
		return tx.CreateCredential(ctx, store.NewCredential{Connector: storetest.Connector, Name: "account", Secrets: secrets})
	})
	read := func(db *store.DB) (string, error) {
		return try(t, db, scope, func(ctx context.Context, tx *store.Tx) (string, error) {
			own, _, err := tx.OpenCredential(ctx, c.ID)
			if err != nil {
				return "", err
			}
			app, err := tx.OpenAppCredential(ctx, storetest.Connector, "sandbox")
			return own["token"].Reveal() + app["token"].Reveal(), err
		})
	}
	for name, db := range map[string]*store.DB{"before": before, "with both keys": both} {
		if got, err := read(db); got != "s3crets3cret" {
			t.Errorf("%s: read %q, err %v", name, got, err)
		}
	}
	_, err := read(after)
	wantKind(t, err, koppel.KindInternal, `"old"`)

	stop, failed := make(chan struct{}), make(chan error, 1)
	go func() {
		for {
			select {
			case <-stop:
				failed <- nil
				return
			default:
				if _, err := read(both); err != nil {
					failed <- err
					return
				}
			}
		}
	}()
	n, err := both.Reseal(t.Context())
	close(stop)
	if err != nil || n != 2 {
		t.Errorf("resealed %d values, want the data key and the app credential; err %v", n, err)
	}
	if err := <-failed; err != nil {
		t.Errorf("a read failed during the rotation: %v", err)
	}
	report, err := after.CheckKeys(t.Context())
	if err != nil || report.Unopened != 0 || len(report.Keys) != 1 || report.Keys[0] != (store.KeyUse{ID: "new", DataKeys: 1, AppCredentials: 1, Primary: true, Known: true}) {
		t.Errorf("after the rotation: %+v, %v", report, err)
	}
	if report, err = before.CheckKeys(t.Context()); err != nil || report.Unopened != 2 || report.Keys[0].Known {
		t.Errorf("with the old key alone: %+v, %v", report, err)
	}
	if got, err := read(after); got != "s3crets3cret" {
		t.Errorf("after the rotation without the old key: read %q, err %v", got, err)
	}
	if n, err := both.Reseal(t.Context()); n != 0 || err != nil {
		t.Errorf("a second reseal touched %d values, err %v", n, err)
	}
}

func TestSealedValuesOpenOnlyWhereTheyWereSealed(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	create := func(shop store.Webshop, name string) store.Credential {
		return in(t, p.App, store.ForWebshop(shop.ID), func(ctx context.Context, tx *store.Tx) (store.Credential, error) {
			return tx.CreateCredential(ctx, store.NewCredential{Connector: storetest.Connector, Name: name,
				Secrets: map[string]koppel.Secret{"token": koppel.NewSecret(name)}})
		})
	}
	mine, second, theirs := create(p.shop, "mine"), create(p.shop, "second"), create(p.other, "theirs")
	owner := p.Owner(t)
	var raw []byte
	if err := owner.QueryRow(t.Context(), `SELECT sealed FROM credential WHERE id = $1`, mine.ID).Scan(&raw); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(raw), "mine") {
		t.Fatal("the secret is readable in the row")
	}
	open := func(c store.Credential) error {
		_, err := try(t, p.Engine, store.ForWebshop(c.WebshopID), func(ctx context.Context, tx *store.Tx) (int64, error) {
			_, v, err := tx.OpenCredential(ctx, c.ID)
			return v, err
		})
		return err
	}
	if err := open(mine); err != nil {
		t.Fatal(err)
	}
	for what, id := range map[string]store.Credential{"another credential": second, "another webshop": theirs} {
		if _, err := owner.Exec(t.Context(), `UPDATE credential SET sealed = $1 WHERE id = $2`, raw, id.ID); err != nil {
			t.Fatal(err)
		}
		if err := open(id); koppel.KindOf(err) != koppel.KindInternal {
			t.Errorf("moved to %s: %v", what, err)
		}
	}
	if _, err := owner.Exec(t.Context(), `UPDATE data_key d SET sealed = o.sealed FROM data_key o WHERE d.webshop_id = $1 AND o.webshop_id = $2`, p.shop.ID, p.other.ID); err != nil {
		t.Fatal(err)
	}
	wantKind(t, open(mine), koppel.KindInternal, "moved")
}

func TestCredentialsAreReplacedByVersion(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	first := map[string]koppel.Secret{"user": koppel.NewSecret("u"), "password": koppel.NewSecret("p")}
	c := in(t, p.App, p.scope(), func(ctx context.Context, tx *store.Tx) (store.Credential, error) {
		return tx.CreateCredential(ctx, store.NewCredential{Connector: storetest.Connector, Name: "account", Secrets: first})
	})
	replace := func(version int64, password string) (store.Credential, error) {
		return try(t, p.App, p.scope(), func(ctx context.Context, tx *store.Tx) (store.Credential, error) {
			return tx.ReplaceCredential(ctx, c.UUID, version, map[string]koppel.Secret{"password": koppel.NewSecret(password)})
		})
	}
	second, err := replace(1, "q")
	if err != nil || second.Version != 2 {
		t.Fatalf("version %d, err %v", second.Version, err)
	}
	_, err = replace(1, "late")
	wantKind(t, err, koppel.KindConflict, "version 2")
	open := map[string]string{}
	in(t, p.App, p.scope(), func(ctx context.Context, tx *store.Tx) (int64, error) {
		secrets, version, err := tx.OpenCredential(ctx, c.ID)
		for name, s := range secrets {
			open[name] = s.Reveal()
		}
		return version, err
	})
	if diff := cmp.Diff(map[string]string{"password": "q"}, open); diff != "" {
		t.Error(diff)
	}
	_, err = try(t, p.App, store.ForWebshop(p.other.ID), func(ctx context.Context, tx *store.Tx) (int64, error) {
		_, v, err := tx.OpenCredential(ctx, c.ID)
		return v, err
	})
	wantKind(t, err, koppel.KindNotFound)
}
