package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/cmd/process"
	"github.com/koppel-io/koppel/store"
	"github.com/koppel-io/koppel/temporal"
)

// serverOrders are what a server process is told.
type serverOrders struct {
	Database, Keys, Temporal, Namespace string
	Durations                           koppel.Durations
}

// beServer is koppel server as the product starts it, with short durations.
func beServer(ctx context.Context, text []byte, out io.Writer) error {
	var orders serverOrders
	if err := json.Unmarshal(text, &orders); err != nil {
		return err
	}
	keys, err := store.ParseKeys(orders.Keys)
	if err != nil {
		return err
	}
	server, err := process.NewServer(ctx, process.ServerConfig{Listen: host + ":0", Config: process.Config{
		Database: koppel.NewSecret(orders.Database), Keys: keys, Allow: []string{host}, Durations: orders.Durations,
		Temporal: temporal.Config{Address: orders.Temporal, Namespace: orders.Namespace},
		Log:      slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})),
	}})
	if err != nil {
		return err
	}
	if err := json.NewEncoder(out).Encode(map[string]string{"address": server.Address()}); err != nil {
		return err
	}
	return server.Run(ctx)
}

// serverCount is how many servers take calls.
const serverCount = 2

// servers are the server processes behind one address. One that is killed is
// started again.
type servers struct {
	orders serverOrders
	log    io.Writer

	mu      sync.Mutex
	running [serverCount]*child
	at      [serverCount]string
	closed  bool
	pending sync.WaitGroup
}

func newServers(orders serverOrders, log io.Writer) (*servers, error) {
	s := &servers{orders: orders, log: log}
	for n := range serverCount {
		if err := s.start(n); err != nil {
			s.close()
			return nil, err
		}
	}
	return s, nil
}

func (s *servers) start(n int) error {
	c, err := startChild(roleServer, s.orders, s.log)
	if err != nil {
		return err
	}
	var told struct{ Address string }
	if err := c.hear(&told); err != nil {
		return fmt.Errorf("server %d: %w", n+1, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		c.kill()
		return nil
	}
	s.running[n], s.at[n] = c, told.Address
	return nil
}

// address is where a server listens, or listened before it was killed.
func (s *servers) address(n int) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.at[n]
}

// kill kills a server and starts it again, again and again while PostgreSQL is
// away; false while it is not there.
func (s *servers) kill(n int) bool {
	s.mu.Lock()
	c := s.running[n]
	s.running[n] = nil
	s.mu.Unlock()
	if c == nil {
		return false
	}
	c.kill()
	s.pending.Go(func() {
		for s.start(n) != nil {
			s.mu.Lock()
			closed := s.closed
			s.mu.Unlock()
			if closed {
				return
			}
			time.Sleep(100 * time.Millisecond)
		}
	})
	return true
}

// close kills every server.
func (s *servers) close() {
	s.mu.Lock()
	s.closed = true
	running := s.running
	s.mu.Unlock()
	for _, c := range running {
		if c != nil {
			c.kill()
		}
	}
	s.pending.Wait()
}
