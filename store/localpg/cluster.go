package localpg

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
)

// relocated is where data directories live that root asked for in a place the server's account cannot reach, such
// as /root. Only root may write there.
const relocated = "/var/lib/koppel"

// longestSocketDir leaves room for "/.s.PGSQL.65535" and the closing zero in the 104 bytes that the smallest
// sun_path among our systems has.
const longestSocketDir = 104 - len("/.s.PGSQL.65535") - 1

// initialise gives the real data directory of dir and the account that runs it; it makes the cluster when there is
// none. A cluster that is half made never shows: initdb works beside it and the finished directory is renamed.
func initialise(ctx context.Context, bin Binaries, dir string, unsafe bool) (data string, acct account, err error) {
	link := filepath.Join(dir, "data")
	if real, err := filepath.EvalSymlinks(link); err == nil {
		acct, err := accountFor(real)
		if err != nil {
			return "", acct, err
		}
		return real, acct, checkVersion(bin, real)
	}
	acct, err = accountFor(link)
	if err != nil {
		return "", acct, err
	}
	parent := dir
	if !acct.reaches(dir) {
		if parent, err = relocate(); err != nil {
			return "", acct, err
		}
	}
	data = filepath.Join(parent, "data")
	fresh := data + ".new"
	if err := os.RemoveAll(fresh); err != nil {
		return "", acct, fmt.Errorf("localpg: clear unfinished cluster: %w", err)
	}
	if err := acct.makeDir(fresh); err != nil {
		return "", acct, err
	}
	if err := initdb(ctx, bin, acct, fresh, unsafe); err != nil {
		return "", acct, err
	}
	if err := os.Rename(fresh, data); err != nil {
		return "", acct, fmt.Errorf("localpg: put cluster in place: %w", err)
	}
	if data != link {
		if err := os.Remove(link); err != nil && !os.IsNotExist(err) {
			return "", acct, fmt.Errorf("localpg: replace dead link: %w", err)
		}
		if err := os.Symlink(data, link); err != nil {
			return "", acct, fmt.Errorf("localpg: link cluster: %w", err)
		}
	}
	return data, acct, nil
}

// initdb makes a cluster whose superuser postgres logs in over the socket without a password; over TCP a password
// is asked. Text is UTF-8 and sorts by code point, the same on every machine.
func initdb(ctx context.Context, bin Binaries, acct account, data string, unsafe bool) error {
	ctype := "C.UTF-8"
	if runtime.GOOS == "darwin" {
		ctype = "UTF-8"
	}
	args := []string{"-D", data, "-U", "postgres", "--auth-local=trust", "--auth-host=scram-sha-256",
		"-E", "UTF8", "--lc-collate=C", "--lc-ctype=" + ctype, "--lc-messages=C", "--lc-monetary=C", "--lc-numeric=C", "--lc-time=C"}
	if unsafe {
		args = append(args, "--no-sync")
	}
	cmd := acct.command(ctx, bin.Path("initdb"), args...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("localpg: initdb in %s: %w: %s", data, err, tail(out.Bytes(), 600))
	}
	return nil
}

func relocate() (string, error) {
	if err := os.MkdirAll(relocated, 0o755); err != nil {
		return "", fmt.Errorf("localpg: place for the data directory: %w", err)
	}
	if err := os.Chmod(relocated, 0o755); err != nil {
		return "", fmt.Errorf("localpg: place for the data directory: %w", err)
	}
	parent, err := os.MkdirTemp(relocated, "pg-")
	if err != nil {
		return "", fmt.Errorf("localpg: place for the data directory: %w", err)
	}
	if err := os.Chmod(parent, 0o755); err != nil {
		return "", fmt.Errorf("localpg: place for the data directory: %w", err)
	}
	return parent, nil
}

func checkVersion(bin Binaries, data string) error {
	b, err := os.ReadFile(filepath.Join(data, "PG_VERSION"))
	if err != nil {
		return fmt.Errorf("localpg: %s is not a PostgreSQL data directory: %w", data, err)
	}
	if got := string(bytes.TrimSpace(b)); got != fmt.Sprint(bin.Major) {
		return fmt.Errorf("localpg: the cluster in %s was made by PostgreSQL %s but %s is version %d: install version %s, or remove the cluster when its data may go", data, got, bin.Dir, bin.Major, got)
	}
	return nil
}

// socketDir chooses and makes the directory of the unix socket: the one asked for, else one beside the data
// directory, else, when that path is too long, a short one in the temporary directory.
func socketDir(acct account, asked, data string) (string, error) {
	path := asked
	if path == "" {
		path = filepath.Join(filepath.Dir(data), "sock")
		if len(path) > longestSocketDir {
			sum := sha256.Sum256([]byte(data))
			path = filepath.Join(os.TempDir(), "koppel-pg-"+hex.EncodeToString(sum[:6]))
		}
	}
	if len(path) > longestSocketDir {
		return "", fmt.Errorf("localpg: socket directory %s has %d bytes, a unix socket leaves room for %d: give a shorter SocketDir", path, len(path), longestSocketDir)
	}
	return path, acct.makeDir(path)
}
