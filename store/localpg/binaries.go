package localpg

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
)

// MinMajor is the oldest major version of PostgreSQL that is accepted.
const MinMajor = 15

// ErrNotFound is returned by Find when no PostgreSQL of at least MinMajor is in any of the usual places.
var ErrNotFound = errors.New("localpg: no PostgreSQL 15 or newer found: install PostgreSQL 15 or newer (Debian and Ubuntu: apt-get install postgresql; Homebrew: brew install postgresql@17) or put its bin directory in PATH")

// Binaries is one installed set of PostgreSQL server programs.
type Binaries struct {
	Dir   string // directory that holds initdb, pg_ctl and postgres, symbolic links resolved
	Major int    // major version, 15 or higher
	Full  string // the line that postgres --version prints
}

// Path gives the full path of the program name.
func (b Binaries) Path(name string) string { return filepath.Join(b.Dir, name) }

// places are looked in after PATH; the highest major version wins.
var places = []string{
	"/usr/lib/postgresql/*/bin",
	"/usr/pgsql-*/bin",
	"/usr/local/pgsql/bin",
	"/opt/homebrew/opt/postgresql*/bin",
	"/usr/local/opt/postgresql*/bin",
	"/home/linuxbrew/.linuxbrew/opt/postgresql*/bin",
	"/Applications/Postgres.app/Contents/Versions/*/bin",
}

// Find looks for the server programs in PATH and then in the usual places of Debian, Red Hat, a source build,
// Homebrew and Postgres.app. PATH wins when its version is accepted, else the highest version does. It returns
// ErrNotFound when there is none.
func Find() (Binaries, error) {
	return find(filepath.SplitList(os.Getenv("PATH")), places)
}

func find(path, globs []string) (Binaries, error) {
	for _, dir := range path {
		if b, ok := inspect(dir); ok {
			return b, nil
		}
	}
	var found []Binaries
	for _, glob := range globs {
		dirs, err := filepath.Glob(glob)
		if err != nil {
			continue
		}
		for _, dir := range dirs {
			if b, ok := inspect(dir); ok {
				found = append(found, b)
			}
		}
	}
	if len(found) == 0 {
		return Binaries{}, ErrNotFound
	}
	return slices.MaxFunc(found, func(a, b Binaries) int { return cmp.Compare(a.Major, b.Major) }), nil
}

var versionLine = regexp.MustCompile(`^postgres \(PostgreSQL\) (\d+)\S*.*`)

// inspect reports the binaries that the postgres in dir belongs to. A link such as /usr/local/bin/postgres is
// followed first, because the server finds its libraries beside the real file.
func inspect(dir string) (Binaries, bool) {
	real, err := filepath.EvalSymlinks(filepath.Join(dir, "postgres"))
	if err != nil {
		return Binaries{}, false
	}
	dir = filepath.Dir(real)
	for _, name := range []string{"initdb", "pg_ctl", "postgres"} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.IsDir() || info.Mode()&0o111 == 0 {
			return Binaries{}, false
		}
	}
	out, err := exec.Command(filepath.Join(dir, "postgres"), "--version").Output()
	if err != nil {
		return Binaries{}, false
	}
	m := versionLine.FindStringSubmatch(string(out))
	if m == nil {
		return Binaries{}, false
	}
	major, err := strconv.Atoi(m[1])
	if err != nil || major < MinMajor {
		return Binaries{}, false
	}
	return Binaries{Dir: dir, Major: major, Full: m[0]}, true
}

// Ensure finds the server programs or installs them. A nil log is silent. The error is one sentence that says
// what to install.
func Ensure(ctx context.Context, log *slog.Logger) (Binaries, error) {
	b, err := Find()
	if err == nil {
		return b, nil
	}
	if err := Install(ctx, log); err != nil {
		return Binaries{}, err
	}
	return Find()
}
