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

// publicURL is the address that remotes are told to call; whoever calls sends
// it to one of the servers, as a load balancer does.
const publicURL = "http://koppel.test"

// workerOrders are what a worker process is told.
type workerOrders struct {
	Database, Keys, Temporal, Namespace, Holder string
	Durations                                   koppel.Durations
}

// beWorker is a worker as the product starts it, with short durations.
func beWorker(ctx context.Context, text []byte, out io.Writer) error {
	var orders workerOrders
	if err := json.Unmarshal(text, &orders); err != nil {
		return err
	}
	keys, err := store.ParseKeys(orders.Keys)
	if err != nil {
		return err
	}
	worker, err := process.NewWorker(ctx, process.WorkerConfig{Holder: orders.Holder, PublicURL: publicURL, Config: process.Config{
		Database: koppel.NewSecret(orders.Database), Keys: keys, Allow: []string{host}, Durations: orders.Durations,
		Temporal: temporal.Config{Address: orders.Temporal, Namespace: orders.Namespace},
		Log:      slog.New(slog.NewTextHandler(os.Stderr, nil)).With("worker", orders.Holder),
	}})
	if err != nil {
		return err
	}
	if err := json.NewEncoder(out).Encode(map[string]bool{"ready": true}); err != nil {
		return err
	}
	return worker.Run(ctx)
}
