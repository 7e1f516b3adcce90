package localpg

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"syscall"
)

// account is who runs the server: the zero value is ourselves.
type account struct {
	cred *syscall.Credential // nil when we run it as ourselves
	name string
}

// accountFor chooses the account for a data directory: ourselves unless we are root; else the directory's owner
// when it has one that is not root; else postgres; else nobody.
func accountFor(dataDir string) (account, error) {
	if os.Geteuid() != 0 {
		return account{}, nil
	}
	if info, err := os.Stat(dataDir); err == nil {
		if st, ok := info.Sys().(*syscall.Stat_t); ok && st.Uid != 0 {
			return account{cred: &syscall.Credential{Uid: st.Uid, Gid: st.Gid}, name: strconv.Itoa(int(st.Uid))}, nil
		}
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.ParseUint(u.Uid, 10, 32)
		gid, gidErr := strconv.ParseUint(u.Gid, 10, 32)
		if uidErr == nil && gidErr == nil && uid != 0 {
			return account{cred: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, name: name}, nil
		}
	}
	return account{}, fmt.Errorf("localpg: PostgreSQL does not run as root and there is no account postgres or nobody: run as another user")
}

func (a account) uid() uint32 {
	if a.cred == nil {
		return uint32(os.Geteuid())
	}
	return a.cred.Uid
}

// command prepares a program that runs as the account, with a clean environment (no PG* variable of ours reaches
// it) and in a session of its own, so that a Ctrl-C in our terminal does not reach the server before we decide.
func (a account) command(ctx context.Context, path string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Dir = "/"
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "TZ=UTC"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Credential: a.cred}
	return cmd
}

// reaches reports whether the account may enter dir.
func (a account) reaches(dir string) bool {
	if a.cred == nil {
		return true
	}
	cmd := a.command(context.Background(), "/bin/sh", "-c", ":")
	cmd.Dir = dir
	return cmd.Run() == nil
}

// makeDir makes path for the account alone. A directory that is already there must belong to it and be closed to
// others: somebody else may have put it in a shared place such as /tmp.
func (a account) makeDir(path string) error {
	err := os.Mkdir(path, 0o700)
	switch {
	case err == nil:
		return a.own(path)
	case !os.IsExist(err):
		return fmt.Errorf("localpg: make directory: %w", err)
	}
	info, err := os.Lstat(path)
	if err != nil {
		return fmt.Errorf("localpg: make directory: %w", err)
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok || !info.IsDir() || st.Uid != a.uid() || info.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("localpg: %s is there but is not a private directory of the account that runs the server: remove it", path)
	}
	return nil
}

func (a account) own(path string) error {
	if a.cred == nil {
		return nil
	}
	if err := os.Chown(path, int(a.cred.Uid), int(a.cred.Gid)); err != nil {
		return fmt.Errorf("localpg: hand directory to %s: %w", a.name, err)
	}
	return nil
}
