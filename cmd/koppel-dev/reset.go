package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/koppel-io/koppel/store/localpg"
)

// reset stops the one that runs in dir, by its pid file, and deletes the state. Only files of ours are deleted:
// what else lies in the directory stays.
func reset(ctx context.Context, dir string, yes bool, term terminal) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return fmt.Errorf("directory of the state: %w", err)
	}
	h := &home{dir: dir}
	h.pid, err = os.OpenFile(h.path(pidFile), os.O_RDWR, 0o600)
	if errors.Is(err, fs.ErrNotExist) {
		fmt.Fprintf(term.err, "nothing to reset: there is no state in %s\n", dir)
		return nil
	}
	if err != nil {
		return fmt.Errorf("pid file: %w", err)
	}
	defer h.pid.Close()
	if !yes {
		if err := confirm(dir, term); err != nil {
			return err
		}
	}
	taken, err := h.tryLock()
	if err == nil && !taken {
		fmt.Fprintf(term.err, "stopping pid %d\n", h.occupant().PID)
		err = h.evict(ctx)
	}
	if err != nil {
		return err
	}
	if err := localpg.Remove(h.path(postgresDir)); err != nil {
		return err
	}
	if err := h.removeFiles(); err != nil {
		return err
	}
	fmt.Fprintf(term.err, "deleted the state in %s\n", dir)
	return nil
}

// confirm asks; anything but yes is no.
func confirm(dir string, term terminal) error {
	fmt.Fprintf(term.err, "Delete everything koppel-dev keeps in %s? [y/N] ", dir)
	answer, err := bufio.NewReader(term.in).ReadString('\n')
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return nil
	}
	if err != nil {
		return errors.New("nobody answered: give --yes to delete without asking")
	}
	return errors.New("nothing was deleted")
}

// removeFiles deletes our files, the pid file last, and the directory when nothing else is in it.
func (h *home) removeFiles() error {
	names := []string{
		temporalDB, temporalDB + "-wal", temporalDB + "-shm", temporalDB + ".lock",
		journalFile, logFile, oldLog, keyFile, profileFile, keysetFile, stateFile, pidFile,
	}
	for _, name := range names {
		for _, path := range []string{h.path(name), h.path(name + ".new")} {
			if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("delete the state: %w", err)
			}
		}
	}
	// A directory that holds something else is kept, and so is what it holds.
	_ = os.Remove(h.dir)
	return nil
}
