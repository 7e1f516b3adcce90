package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Files of the directory.
const (
	pidFile     = "koppel-dev.pid"
	stateFile   = "state.json"
	postgresDir = "postgres"
	temporalDB  = "temporal.db"
	journalFile = "demoshop.jsonl"
	keysetFile  = "keyset"
	keyFile     = "key"
	profileFile = "cli.yaml"
	logFile     = "dev.log"
)

// stopLimit is how long a running one gets to stop in order before it is killed.
const stopLimit = 30 * time.Second

// home is the directory that holds everything, taken by this process.
type home struct {
	dir string
	pid *os.File // flocked
}

// occupant is what the pid file says of the process that holds it.
type occupant struct {
	PID     int       `json:"pid"`
	Parent  int       `json:"parent"`
	GoRun   bool      `json:"go_run,omitempty"` // the parent is go run
	Started time.Time `json:"started"`
	URLs    *urls     `json:"urls,omitempty"` // once everything is up
}

// occupiedError is the refusal of a directory in which another one runs.
type occupiedError struct {
	dir string
	by  occupant
}

func (e *occupiedError) Error() string {
	s := fmt.Sprintf("one runs already in %s (pid %d", e.dir, e.by.PID)
	if !e.by.Started.IsZero() {
		s += ", since " + e.by.Started.Local().Format(time.DateTime)
	}
	s += ")"
	if e.by.URLs == nil {
		return s + ", still starting"
	}
	return s + ":\n" + e.by.URLs.lines() + "Stop it with Ctrl-C or kill " + strconv.Itoa(e.by.PID) + ", or give this one another --dir."
}

// openHome makes dir and takes it. A running one is named in the error. One
// that go run left behind when it was killed has no terminal any more: it is
// stopped, and say tells so.
func openHome(ctx context.Context, dir string, say func(string)) (*home, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("directory of the state: %w", err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("directory of the state: %w", err)
	}
	h := &home{dir: dir}
	if h.pid, err = os.OpenFile(h.path(pidFile), os.O_RDWR|os.O_CREATE, 0o600); err != nil {
		return nil, fmt.Errorf("pid file: %w", err)
	}
	taken, err := h.tryLock()
	if err == nil && !taken {
		by := h.occupant()
		if !by.leftBehind() {
			return nil, errors.Join(&occupiedError{dir: dir, by: by}, h.pid.Close())
		}
		say(fmt.Sprintf("stopping pid %d, which a killed go run left behind", by.PID))
		err = h.evict(ctx)
	}
	if err == nil {
		err = h.note(occupant{PID: os.Getpid(), Parent: os.Getppid(), GoRun: underGoRun(), Started: time.Now()})
	}
	if err != nil {
		return nil, errors.Join(err, h.pid.Close())
	}
	return h, nil
}

func (h *home) path(name string) string { return filepath.Join(h.dir, name) }

// close lets go of the directory. The pid file stays, empty: removing it would split those who wait for its lock.
func (h *home) close() error {
	return errors.Join(h.pid.Truncate(0), h.pid.Close())
}

// tryLock takes the lock unless another process has it.
func (h *home) tryLock() (bool, error) {
	err := syscall.Flock(int(h.pid.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("lock pid file: %w", err)
	}
	return true, nil
}

// note writes who we are into the locked file, in place because the lock belongs to it.
func (h *home) note(o occupant) error {
	b, err := json.Marshal(o)
	if err == nil {
		err = h.pid.Truncate(0)
	}
	if err == nil {
		_, err = h.pid.WriteAt(append(b, '\n'), 0)
	}
	if err != nil {
		return fmt.Errorf("write pid file: %w", err)
	}
	return nil
}

// noteURLs adds to the pid file where everything is found.
func (h *home) noteURLs(u urls) error {
	o := h.occupant()
	o.URLs = &u
	return h.note(o)
}

// occupant reads the pid file; fields are zero where it cannot be read.
func (h *home) occupant() occupant {
	var o occupant
	b, err := io.ReadAll(io.NewSectionReader(h.pid, 0, 64<<10))
	if err == nil {
		// A file that is just being written reads as nobody; the lock still says that somebody is there.
		_ = json.Unmarshal(b, &o)
	}
	return o
}

// leftBehind reports whether the occupant was started by go run and outlived
// it: nobody sees its terminal or can press Ctrl-C. It knows only where /proc exists.
func (o occupant) leftBehind() bool {
	return o.GoRun && o.PID > 1 && parentOf(o.PID) > 0 && parentOf(o.PID) != o.Parent
}

// parentOf is the parent of a process; 0 when it cannot be told.
func parentOf(pid int) int {
	status, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if text, ok := strings.CutPrefix(line, "PPid:"); ok {
			parent, err := strconv.Atoi(strings.TrimSpace(text))
			if err == nil {
				return parent
			}
		}
	}
	return 0
}

// underGoRun reports whether our parent is the go command.
func underGoRun() bool {
	name, err := os.ReadFile("/proc/" + strconv.Itoa(os.Getppid()) + "/comm")
	return err == nil && strings.TrimSpace(string(name)) == "go"
}

// evict stops the process that holds the lock, in order if it can, and takes
// the lock. The number in the file is that of the holder: nobody else writes it.
func (h *home) evict(ctx context.Context) error {
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		by := h.occupant()
		if by.PID <= 1 || by.PID == os.Getpid() {
			return fmt.Errorf("the pid file %s is locked but names no process: end the one that holds it", h.path(pidFile))
		}
		if err := syscall.Kill(by.PID, signal); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("stop pid %d: %w", by.PID, err)
		}
		taken, err := h.waitLock(ctx, stopLimit)
		if err != nil || taken {
			return err
		}
	}
	return fmt.Errorf("pid %d does not end", h.occupant().PID)
}

func (h *home) waitLock(ctx context.Context, limit time.Duration) (bool, error) {
	deadline, tick := time.NewTimer(limit), time.NewTicker(50*time.Millisecond)
	defer deadline.Stop()
	defer tick.Stop()
	for {
		taken, err := h.tryLock()
		if err != nil || taken {
			return taken, err
		}
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case <-deadline.C:
			return false, nil
		case <-tick.C:
		}
	}
}
