package koppel_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/koppel-io/koppel"
)

// holder keeps secrets in the ways a struct can: fmt cannot call the methods of
// a value in an unexported field.
type holder struct {
	Open    koppel.Secret
	hidden  koppel.Secret
	pointer *koppel.Secret
	ByName  map[string]koppel.Secret
	List    []koppel.Secret
}

func TestSecretPrintsRedacted(t *testing.T) {
	t.Parallel()
	const text = "hunter2"
	s := koppel.NewSecret(text)
	h := holder{s, s, &s, map[string]koppel.Secret{"key": s}, []koppel.Secret{s}}
	values := map[string]any{"secret": s, "pointer": &s, "struct": h, "pointer to struct": &h, "slice": []any{s, h}}

	for name, value := range values {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "% x", "%#q", "%10s", "%T"} {
			assertHidden(t, name+" "+verb, fmt.Sprintf(verb, value), text)
		}
		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("m", "value", value)
		slog.New(slog.NewJSONHandler(&log, nil)).Info("m", "value", value)
		assertHidden(t, name+" in slog", log.String(), text)

		body, err := json.Marshal(value)
		if err != nil {
			t.Errorf("marshal %s: %v", name, err)
		}
		assertHidden(t, name+" in JSON", string(body), text)
		assertHidden(t, name+" in an error", koppel.Wrap("op", fmt.Errorf("use %v: %w", value, errors.ErrUnsupported)).Error(), text)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		if got := fmt.Sprintf(verb, s); got != "[redacted]" {
			t.Errorf("%s prints %q, want [redacted]", verb, got)
		}
	}
}

// assertHidden fails when printed shows text, plainly or in hexadecimal.
func assertHidden(t *testing.T, where, printed, text string) {
	t.Helper()
	lower := strings.ReplaceAll(strings.ToLower(printed), " ", "")
	if strings.Contains(printed, text) || strings.Contains(lower, fmt.Sprintf("%x", text)) {
		t.Errorf("%s shows the secret: %s", where, printed)
	}
}

func TestSecretReveal(t *testing.T) {
	t.Parallel()
	var read struct{ Key koppel.Secret }
	if err := json.Unmarshal([]byte(`{"Key":"hunter2"}`), &read); err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		name   string
		secret koppel.Secret
		want   string
	}{
		{"zero", koppel.Secret{}, ""},
		{"empty", koppel.NewSecret(""), ""},
		{"text", koppel.NewSecret("hunter2"), "hunter2"},
		{"read from JSON", read.Key, "hunter2"},
	}
	for _, c := range cases {
		if got := c.secret.Reveal(); got != c.want {
			t.Errorf("%s: Reveal() = %q, want %q", c.name, got, c.want)
		}
		if got := c.secret.IsZero(); got != (c.want == "") {
			t.Errorf("%s: IsZero() = %v", c.name, got)
		}
	}
}
