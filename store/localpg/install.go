package localpg

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
)

// Install installs PostgreSQL with apt-get when we are root on Debian or Ubuntu, and says so on log. The cluster
// that the package would create and start by itself is not created. Anywhere else it returns an error that says in
// one sentence what to install. Processes that call it at the same time install once.
func Install(ctx context.Context, log *slog.Logger) error {
	apt, err := exec.LookPath("apt-get")
	if err != nil || os.Geteuid() != 0 {
		return ErrNotFound
	}
	unlock, err := lockFile(ctx, filepath.Join(os.TempDir(), "koppel-localpg-install.lock"))
	if err != nil {
		return err
	}
	defer unlock()
	if _, err := Find(); err == nil {
		return nil
	}
	logger(log).Info("PostgreSQL not found: installing it with apt-get install postgresql")
	return aptInstall(ctx, apt, "/etc/postgresql-common/createcluster.d")
}

// aptInstall runs apt-get. postgresql-common comes first because the setting that keeps the package from making
// its own cluster belongs to it; the setting is taken back afterwards, it is not ours to keep.
func aptInstall(ctx context.Context, apt, confDir string) error {
	if err := run(ctx, apt, "update"); err != nil {
		return err
	}
	if err := run(ctx, apt, "install", "-y", "--no-install-recommends", "postgresql-common"); err != nil {
		return err
	}
	if err := os.MkdirAll(confDir, 0o755); err != nil {
		return fmt.Errorf("localpg: keep apt-get from starting a cluster: %w", err)
	}
	conf := filepath.Join(confDir, "koppel-localpg.conf")
	if err := os.WriteFile(conf, []byte("create_main_cluster = false\n"), 0o644); err != nil {
		return fmt.Errorf("localpg: keep apt-get from starting a cluster: %w", err)
	}
	defer os.Remove(conf)
	return run(ctx, apt, "install", "-y", "--no-install-recommends", "postgresql")
}

func run(ctx context.Context, apt string, args ...string) error {
	cmd := exec.CommandContext(ctx, apt, append([]string{"-q", "-o", "DPkg::Lock::Timeout=300"}, args...)...)
	cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("localpg: apt-get %s failed: %w: install PostgreSQL 15 or newer by hand; it said: %s", args[0], err, tail(out.Bytes(), 600))
	}
	return nil
}

// tail gives the last n bytes of b as one trimmed string.
func tail(b []byte, n int) string {
	b = bytes.TrimSpace(b)
	if len(b) > n {
		b = b[len(b)-n:]
	}
	return string(b)
}

func logger(log *slog.Logger) *slog.Logger {
	if log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return log
}
