package web_test

import (
	"context"
	"os"
	"os/exec"
	"testing"
	"time"
)

// chromium is the browser's program. Where there is none, Debian's is installed when we are root; else one sentence
// says what to install, as for PostgreSQL.
func chromium(t *testing.T) string {
	t.Helper()
	find := func() string {
		for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
			if path, err := exec.LookPath(name); err == nil {
				return path
			}
		}
		return ""
	}
	if path := find(); path != "" {
		return path
	}
	apt, err := exec.LookPath("apt-get")
	if err != nil || os.Geteuid() != 0 {
		t.Fatal("no browser found: install Chromium (Debian and Ubuntu: apt-get install chromium) or put it in PATH")
	}
	t.Log("no browser found: installing it with apt-get install chromium")
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	for _, args := range [][]string{{"update"}, {"install", "-y", "--no-install-recommends", "chromium"}} {
		cmd := exec.CommandContext(ctx, apt, append([]string{"-q", "-o", "DPkg::Lock::Timeout=300"}, args...)...)
		cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("apt-get %s: %v: install Chromium by hand; it said: %s", args[0], err, out[max(0, len(out)-600):])
		}
	}
	path := find()
	if path == "" {
		t.Fatal("the package chromium brought no program of that name")
	}
	return path
}
