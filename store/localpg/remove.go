package localpg

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Remove stops the server of the cluster in dir when one runs, and deletes the cluster with everything in dir, also
// the data that lives elsewhere because the server's account cannot reach dir. A dir that is absent is no error.
func Remove(dir string) error {
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	dir, err := prepareDir(dir)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), stopLimit)
	defer cancel()
	unlock, err := lockFile(ctx, filepath.Join(dir, "lock"))
	if err != nil {
		return err
	}
	defer unlock()
	data, err := filepath.EvalSymlinks(filepath.Join(dir, "data"))
	if err == nil {
		if err := removeData(ctx, dir, data); err != nil {
			return err
		}
	}
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("localpg: remove cluster: %w", err)
	}
	return nil
}

func removeData(ctx context.Context, dir, data string) error {
	if pm, ok := readPostmaster(data); ok && runs(pm.pid, data) {
		if err := stop(ctx, pm.pid, data, Immediate); err != nil {
			return err
		}
	}
	gone := data
	if parent := filepath.Dir(data); parent != dir && filepath.Dir(parent) == relocated {
		gone = parent
	}
	if err := os.RemoveAll(gone); err != nil {
		return fmt.Errorf("localpg: remove data directory: %w", err)
	}
	return nil
}
