package main

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"os"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/cmd/process"
	"github.com/koppel-io/koppel/store"
	"github.com/koppel-io/koppel/temporal"
)

// workerOrders are what the board tells a worker process.
type workerOrders struct {
	Database, Keys, Temporal, Namespace string
}

// workerMain is a worker as koppel worker starts it.
func workerMain(ctx context.Context, in io.Reader, out io.Writer) error {
	var orders workerOrders
	if err := json.NewDecoder(in).Decode(&orders); err != nil {
		return err
	}
	keys, err := store.ParseKeys(orders.Keys)
	if err != nil {
		return err
	}
	worker, err := process.NewWorker(ctx, process.WorkerConfig{Config: process.Config{
		Database: koppel.NewSecret(orders.Database), Keys: keys, Allow: []string{"127.0.0.1"},
		Temporal: temporal.Config{Address: orders.Temporal, Namespace: orders.Namespace},
		Log:      slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})),
	}})
	if err != nil {
		return err
	}
	if err := json.NewEncoder(out).Encode(map[string]bool{"ready": true}); err != nil {
		return err
	}
	return worker.Run(ctx)
}
