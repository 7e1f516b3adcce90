package main

import (
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

func settingsOf(t *testing.T, env map[string]string, need needs) (settings, error) {
	t.Helper()
	p := &program{env: env, err: os.Stderr}
	return p.settings(need)
}

func TestEveryProblemOfTheEnvironmentAtOnce(t *testing.T) {
	t.Parallel()
	_, err := settingsOf(t, map[string]string{
		"KOPPEL_KEYSET": "k1=hush", "KOPPEL_TEMPORAL_ADDRESS": "temporal", "KOPPEL_TEMPORAL_TLS": "maybe", "KOPPEL_TEMPORAL_TLS_CERT": "/c",
		"KOPPEL_TEMPORAL_CODEC_KEYS": "c1=hush", "KOPPEL_TEMPORAL_CODEC_TOKEN": "hush", "KOPPEL_LISTEN": "8080", "KOPPEL_ALLOW_ADDRESSES": "10.0.0.0/99",
		"KOPPEL_MEMORY_MIB": "much", "KOPPEL_LOG_LEVEL": "loud", "KOPPEL_LOG_FORMAT": "xml", "KOPPEL_DATABASE_CONNECTIONS": "0",
		"KOPPEL_TEMPORAL_API_KEY": "hush", "KOPPEL_TEMPORAL_API_KEY_FILE": "/also", "KOPPEL_OWNER_DATABASE_URL_FILE": "/none/such",
	}, needs{database: true, engine: true})
	if err == nil || exitCode(err) != exitUsage {
		t.Fatalf("got %v", err)
	}
	for _, want := range []string{
		"KOPPEL_DATABASE_URL is not set", "KOPPEL_ENGINE_DATABASE_URL is not set", `KOPPEL_KEYSET: key "k1" is not 32 bytes`, "KOPPEL_TEMPORAL_ADDRESS:",
		"KOPPEL_TEMPORAL_TLS:", "KOPPEL_TEMPORAL_TLS_CERT and KOPPEL_TEMPORAL_TLS_KEY", "KOPPEL_TEMPORAL_CODEC_KEYS: entry 1", "KOPPEL_TEMPORAL_CODEC_TOKEN and",
		"KOPPEL_LISTEN:", "KOPPEL_ALLOW_ADDRESSES:", "KOPPEL_MEMORY_MIB:", "KOPPEL_LOG_LEVEL:", "KOPPEL_LOG_FORMAT:", "KOPPEL_DATABASE_CONNECTIONS:",
		"KOPPEL_TEMPORAL_API_KEY and KOPPEL_TEMPORAL_API_KEY_FILE", "KOPPEL_OWNER_DATABASE_URL_FILE:",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not named in:\n%v", want, err)
		}
	}
	if strings.Contains(err.Error(), "hush") {
		t.Errorf("a secret is in:\n%v", err)
	}
}

func TestSettingsAreRead(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "dsn")
	write(t, file, "postgres://from-a-file\n")
	s, err := settingsOf(t, map[string]string{
		"KOPPEL_DATABASE_URL_FILE": file, "KOPPEL_KEYSET": store.NewMasterKey("k1").Reveal(), "KOPPEL_LISTEN": "0.0.0.0:99", "KOPPEL_ALLOW_ADDRESSES": "10.0.0.0/8,shop.internal",
		"KOPPEL_MEMORY_MIB": "128", "KOPPEL_CONCURRENCY_PUSH": "3", "KOPPEL_TEMPORAL_NAMESPACE": "prod", "KOPPEL_TEMPORAL_TLS": "true",
		"KOPPEL_TEMPORAL_CODEC_KEYS": "c1=" + strings.TrimPrefix(store.NewMasterKey("x").Reveal(), "x="), "KOPPEL_LOG_LEVEL": "debug",
	}, needs{database: true, keyset: true})
	if err != nil {
		t.Fatal(err)
	}
	if s.Database.Reveal() != "postgres://from-a-file" || s.Keys.Primary() != "k1" || s.Listen != "0.0.0.0:99" || len(s.Allow) != 2 || s.Memory != 128<<20 ||
		s.Concurrency.Push != 3 || s.Temporal.Namespace != "prod" || !s.Temporal.TLS.On || s.Temporal.Codec == nil || !s.Log.Enabled(t.Context(), -4) {
		t.Errorf("got %+v", s)
	}
}

// TestEveryVariableIsRead sets each variable alone to nonsense or to a value,
// and expects a problem or other settings.
func TestEveryVariableIsRead(t *testing.T) {
	t.Parallel()
	none, err := settingsOf(t, map[string]string{}, needs{})
	if err != nil {
		t.Fatal(err)
	}
	none.Log = nil
	for _, v := range environment {
		env := map[string]string{v.name: "nonsense"}
		got, err := settingsOf(t, env, needs{})
		got.Log = nil
		if err == nil && reflect.DeepEqual(plainSettings(none), plainSettings(got)) {
			t.Errorf("%s is not read", v.name)
		}
	}
}

// plainSettings makes settings comparable: secrets by their text.
func plainSettings(s settings) map[string]any {
	out := map[string]any{"settings": s}
	maps.Copy(out, map[string]any{
		"database": s.Database.Reveal(), "engine": s.EngineDatabase.Reveal(), "owner": s.OwnerDatabase.Reveal(),
		"api key": s.Temporal.APIKey.Reveal(), "token": s.CodecToken.Reveal(),
	})
	s.Database, s.EngineDatabase, s.OwnerDatabase, s.Temporal.APIKey, s.CodecToken = koppel.Secret{}, koppel.Secret{}, koppel.Secret{}, koppel.Secret{}, koppel.Secret{}
	out["settings"] = s
	return out
}
