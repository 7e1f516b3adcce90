package main

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
)

// largestLog is the size above which the log of earlier starts is set aside.
const largestLog = 32 << 20

// oldLog is the log that was set aside.
const oldLog = logFile + ".old"

// openLog opens the log that every part writes to, so that the terminal stays readable.
func (h *home) openLog() (*slog.Logger, func() error, error) {
	path := h.path(logFile)
	info, err := os.Stat(path)
	if err == nil && info.Size() > largestLog {
		err = os.Rename(path, h.path(oldLog))
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, fmt.Errorf("open log: %w", err)
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, nil, fmt.Errorf("open log: %w", err)
	}
	return slog.New(slog.NewTextHandler(f, nil)), f.Close, nil
}
