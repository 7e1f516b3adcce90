package process

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/koppel-io/koppel/activities"
	"github.com/koppel-io/koppel/connectors/rest"
	"github.com/koppel-io/koppel/notify"
	"github.com/koppel-io/koppel/store"
	"github.com/koppel-io/koppel/temporal"
)

// WorkerConfig configures a Worker.
type WorkerConfig struct {
	Config
	// Concurrency bounds the activities of each queue; zero fields get defaults.
	Concurrency temporal.Concurrency
	// Memory bounds the bytes of pages in work; 64 MiB when zero.
	Memory int64
	// PublicURL is the server's address as remotes reach it, to which they send
	// webhooks; none are subscribed to when it is empty.
	PublicURL string
	// Holder names the process in leases; host, process id and a random part when empty.
	Holder string
}

// Worker does what Temporal hands out.
type Worker struct {
	config    WorkerConfig
	db        *store.DB
	transport *rest.Transport
	cluster   interface{ Close() }
	work      func(context.Context) error
	closing   sync.Once
}

// NewWorker opens everything that a worker needs and registers search
// attributes and the sweep; Run works. An error says what is missing and what
// to do.
func NewWorker(ctx context.Context, config WorkerConfig) (*Worker, error) {
	config.Config = config.withDefaults()
	if config.Holder == "" {
		config.Holder = holder()
	}
	w := &Worker{config: config}
	if err := w.open(ctx); err != nil {
		w.Close()
		return nil, err
	}
	return w, nil
}

func (w *Worker) open(ctx context.Context) (err error) {
	config := w.config
	if w.db, err = config.open(ctx, store.Engine); err != nil {
		return err
	}
	if w.transport, err = config.transport(); err != nil {
		return err
	}
	cluster, err := temporal.Dial(ctx, config.Temporal)
	if err != nil {
		return err
	}
	w.cluster = cluster
	namespace := config.Temporal.Namespace
	if namespace == "" {
		namespace = "default"
	}
	if err := temporal.EnsureSearchAttributes(ctx, cluster, namespace); err != nil {
		// A managed cluster may keep them from us; they can be there all the same.
		config.Log.WarnContext(ctx, "search attributes could not be seen to", "error", err)
	}
	engine := temporal.NewEngine(cluster, config.Durations)
	if err := engine.EnsureSweep(ctx); err != nil {
		return err
	}
	acts := &activities.Activities{
		Store: w.db, Connectors: compiled(w.db), Transport: w.transport, Engine: engine, Durations: config.Durations,
		Memory: activities.NewMemory(config.Memory), Shares: activities.NewShares(runtime.GOMAXPROCS(0)), Holder: config.Holder,
		Notifier: notify.New(notify.Config{Transport: w.transport, Mail: config.Mail}), ToldUpTo: new(atomic.Int64), PublicURL: strings.TrimRight(config.PublicURL, "/"), Log: config.Log,
	}
	w.work = func(ctx context.Context) error {
		group, ctx := errgroup.WithContext(ctx)
		group.Go(func() error { return temporal.Work(ctx, cluster, acts, config.Durations, config.Concurrency) })
		group.Go(func() error { return activities.Jobs{Activities: acts}.Work(ctx) })
		return group.Wait()
	}
	return nil
}

// Run works until ctx ends, lets running activities stop within
// Durations.ShutDown, and closes the worker. It is called once.
func (w *Worker) Run(ctx context.Context) error {
	defer w.Close()
	w.config.Log.InfoContext(ctx, "worker started", "holder", w.config.Holder)
	err := w.work(ctx)
	w.config.Log.InfoContext(ctx, "worker stopped", "holder", w.config.Holder)
	return err
}

// Close gives up a worker that was not run; after that it does nothing.
func (w *Worker) Close() {
	w.closing.Do(func() {
		if w.cluster != nil {
			w.cluster.Close()
		}
		if w.transport != nil {
			w.transport.Close()
		}
		if w.db != nil {
			w.db.Close()
		}
	})
}

// holder tells the processes of a fleet apart in leases and logs.
func holder() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return fmt.Sprintf("%s/%d/%s", host, os.Getpid(), rand.Text()[:6])
}
