package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store/localpg"
)

// once runs koppel-dev --once in dir and reads its line.
func once(t *testing.T, dir string, flags ...string) onceResult {
	t.Helper()
	var out, errs strings.Builder
	code := run(t.Context(), append([]string{"--once", "--dir", dir}, flags...), terminal{out: &out, err: &errs})
	if code != 0 {
		log, _ := os.ReadFile(filepath.Join(dir, logFile))
		t.Fatalf("exit code %d\n%s\n%s", code, errs.String(), lastOf(string(log), 4000))
	}
	var r onceResult
	if err := json.Unmarshal([]byte(out.String()), &r); err != nil || strings.Count(out.String(), "\n") != 1 {
		t.Fatalf("standard output is %q (%v), want one JSON line", out.String(), err)
	}
	return r
}

func lastOf(s string, n int) string { return s[max(0, len(s)-n):] }

// The first start makes everything, the second goes on with it, and a flag that would make another shop is refused.
func TestOnceAndAgain(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "state")
	t.Cleanup(func() {
		if err := localpg.Remove(filepath.Join(dir, postgresDir)); err != nil {
			t.Error(err)
		}
	})
	first := once(t, dir, "--products", "130", "--orders", "40")
	if first.State != koppel.CouplingActive || first.Products < 130 || first.SellOrders != 40 || first.Seconds <= 0 {
		t.Errorf("first start: %+v", first)
	}
	for _, name := range []string{keyFile, keysetFile, profileFile, stateFile, logFile, pidFile} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v; want mode 0600", name, info.Mode(), err)
		}
	}
	key, err := os.ReadFile(filepath.Join(dir, keyFile))
	if err != nil {
		t.Fatal(err)
	}
	second := once(t, dir)
	if second.Products != first.Products || second.SellOrders != first.SellOrders || second.State != koppel.CouplingActive {
		t.Errorf("second start: %+v after %+v", second, first)
	}
	if again, err := os.ReadFile(filepath.Join(dir, keyFile)); err != nil || string(again) != string(key) {
		t.Errorf("the second start made another key (%v)", err)
	}
	var out, errs strings.Builder
	if code := run(t.Context(), []string{"--once", "--dir", dir, "--products", "131"}, terminal{out: &out, err: &errs}); code != 1 ||
		!strings.Contains(errs.String(), "--products 130") || out.Len() != 0 {
		t.Errorf("another number of products: exit code %d, %q, %q", code, out.String(), errs.String())
	}
}

// A start that takes too long says so and leaves what the next one goes on with.
func TestOnceHasALimit(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	t.Cleanup(func() {
		if err := localpg.Remove(filepath.Join(dir, postgresDir)); err != nil {
			t.Error(err)
		}
	})
	var out, errs strings.Builder
	code := run(t.Context(), []string{"--once", "--dir", dir, "--timeout", "1ms"}, terminal{out: &out, err: &errs})
	if code != 1 || out.Len() != 0 || !strings.Contains(errs.String(), "--timeout") {
		t.Errorf("exit code %d, %q, %q; want 1 and the flag named", code, out.String(), errs.String())
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	h, err := openHome(ctx, dir, func(string) {})
	if err != nil {
		t.Fatalf("the directory is not given back: %v", err)
	}
	if err := h.close(); err != nil {
		t.Error(err)
	}
}
