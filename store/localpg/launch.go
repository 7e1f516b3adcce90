package localpg

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// launchLimit bounds one start, crash recovery included, when the caller's context does not.
const launchLimit = 2 * time.Minute

// largestLog is the size above which the log of earlier starts is set aside.
const largestLog = 16 << 20

// adopt takes over a live server of the data directory that was given the same arguments. A live one with other
// arguments is stopped; one that is on its way up or down is waited for.
func (s *Server) adopt(ctx context.Context, args []string) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, launchLimit)
	defer cancel()
	for {
		var pm postmaster
		alive := false
		if err := wait(ctx, func() bool {
			var ok bool
			pm, ok = readPostmaster(s.data)
			alive = ok && runs(pm.pid, s.data)
			return !alive || pm.answers()
		}); err != nil {
			return false, fmt.Errorf("localpg: server %d in %s neither answers nor ends: %w", pm.pid, s.data, err)
		}
		if !alive {
			return false, nil
		}
		if sameArguments(s.data, args) {
			s.pm, s.adopted = pm, true
			return true, nil
		}
		if err := stop(ctx, pm.pid, s.data, Fast); err != nil {
			return false, err
		}
	}
}

// sameArguments compares with postmaster.opts, which holds the program and every argument in double quotes.
func sameArguments(data string, args []string) bool {
	b, err := os.ReadFile(filepath.Join(data, "postmaster.opts"))
	if err != nil {
		return false
	}
	_, got, _ := strings.Cut(strings.TrimSuffix(string(b), "\n"), ` "`)
	return got == strings.Join(args, `" "`)+`"`
}

// clearStale makes way for a start after a crash. Sessions that outlive a killed postmaster are waited for: two
// servers on one directory would destroy it. PostgreSQL itself sees through a pid file whose process is gone, but
// not through one whose number now belongs to another program or to a dead process nobody reaped; that file is
// removed once the directory is proven empty of processes.
func clearStale(ctx context.Context, data string) error {
	if !hasProc() {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, launchLimit)
	defer cancel()
	if err := wait(ctx, func() bool { return !inhabited(data) }); err != nil {
		return fmt.Errorf("localpg: processes of a killed server are still in %s: %w", data, err)
	}
	if err := os.Remove(filepath.Join(data, "postmaster.pid")); err != nil && !os.IsNotExist(err) {
		return fmt.Errorf("localpg: remove stale pid file: %w", err)
	}
	return nil
}

// launch starts the server and waits until it answers. Its output goes to a file, not to a pipe of ours, so that
// it survives us and never keeps a go test waiting.
func (s *Server) launch(ctx context.Context, acct account, bin Binaries, args []string) error {
	ctx, cancel := context.WithTimeout(ctx, launchLimit)
	defer cancel()
	if info, err := os.Stat(s.log); err == nil && info.Size() > largestLog {
		if err := os.Rename(s.log, s.log+".old"); err != nil {
			return fmt.Errorf("localpg: set log aside: %w", err)
		}
	}
	out, err := os.OpenFile(s.log, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("localpg: open server log: %w", err)
	}
	defer out.Close()
	cmd := acct.command(context.WithoutCancel(ctx), bin.Path("postgres"), args...)
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("localpg: start postgres: %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()

	var died error
	waitErr := wait(ctx, func() bool {
		select {
		case err := <-ended:
			died = fmt.Errorf("localpg: postgres did not start (%v): %s; see %s", err, lastLines(s.log), s.log)
			return true
		default:
		}
		pm, ok := readPostmaster(s.data)
		if !ok || pm.pid != cmd.Process.Pid || !pm.answers() {
			return false
		}
		s.pm = pm
		return true
	})
	if waitErr != nil {
		if err := cmd.Process.Signal(syscall.SIGQUIT); err == nil {
			<-ended
		}
		return fmt.Errorf("localpg: postgres in %s did not answer in time: %w; see %s", s.data, waitErr, s.log)
	}
	return died
}

func lastLines(path string) string {
	b, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	return tail(b, 500)
}
