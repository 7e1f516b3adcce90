package localpg

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// script writes an executable shell script.
func script(t *testing.T, path, body string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+body), 0o755); err != nil {
		t.Fatal(err)
	}
}

// installation makes a bin directory that claims to be PostgreSQL of a version.
func installation(t *testing.T, dir, version string) string {
	t.Helper()
	for _, name := range []string{"initdb", "pg_ctl", "postgres"} {
		script(t, filepath.Join(dir, name), fmt.Sprintf("echo '%s (PostgreSQL) %s'\n", name, version))
	}
	return dir
}

func TestFindPrefersPathThenTheHighestVersion(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	old := installation(t, filepath.Join(root, "14", "bin"), "14.9")
	installation(t, filepath.Join(root, "9x", "bin"), "9.6.24")
	mid := installation(t, filepath.Join(root, "15", "bin"), "15.18 (Debian 15.18-0+deb12u1)")
	high := installation(t, filepath.Join(root, "17", "bin"), "17beta1")
	linked := filepath.Join(root, "links")
	if err := os.Mkdir(linked, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(mid, "postgres"), filepath.Join(linked, "postgres")); err != nil {
		t.Fatal(err)
	}
	glob := []string{filepath.Join(root, "*", "bin")}

	for _, c := range []struct {
		name  string
		path  []string
		dir   string
		major int
	}{
		{"highest", nil, high, 17},
		{"path wins", []string{mid}, mid, 15},
		{"too old in path", []string{old}, high, 17},
		{"link in path", []string{linked}, mid, 15},
	} {
		got, err := find(c.path, glob)
		if err != nil || got.Dir != c.dir || got.Major != c.major {
			t.Errorf("%s: %+v, %v; want %s, %d", c.name, got, err, c.dir, c.major)
		}
	}
	if _, err := find([]string{old}, nil); !errors.Is(err, ErrNotFound) {
		t.Errorf("only version 14: %v, want ErrNotFound", err)
	}
}

func TestAptInstallKeepsThePackageFromStartingACluster(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	conf := filepath.Join(dir, "createcluster.d")
	apt := filepath.Join(dir, "apt-get")
	script(t, apt, fmt.Sprintf("echo \"$@ $(cat %s/*.conf 2>/dev/null)\" >> %s/calls\n", conf, dir))
	if err := aptInstall(t.Context(), apt, conf); err != nil {
		t.Fatal(err)
	}
	calls, err := os.ReadFile(filepath.Join(dir, "calls"))
	if err != nil {
		t.Fatal(err)
	}
	const opts = "-q -o DPkg::Lock::Timeout=300 "
	want := opts + "update \n" +
		opts + "install -y --no-install-recommends postgresql-common \n" +
		opts + "install -y --no-install-recommends postgresql create_main_cluster = false\n"
	if string(calls) != want {
		t.Errorf("apt-get was called with\n%s\nwant\n%s", calls, want)
	}
	if left, _ := filepath.Glob(filepath.Join(conf, "*")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}

	script(t, apt, "echo 'E: Unable to locate package' >&2\nexit 100\n")
	if err := aptInstall(t.Context(), apt, conf); err == nil || !strings.Contains(err.Error(), "Unable to locate package") {
		t.Errorf("error = %v, want apt-get's own words", err)
	}
}
