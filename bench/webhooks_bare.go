package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// bareConnections are as many as koppel server has.
const bareConnections = 10

type bareOrders struct {
	Database    string
	Connections int32
}

// bareMain is what a program would do that only stores what comes in: one
// insert of the body in a transaction for each request, answered when it is
// committed, without looking at who sent it.
func bareMain(ctx context.Context, in io.Reader, out io.Writer) error {
	var orders bareOrders
	if err := json.NewDecoder(in).Decode(&orders); err != nil {
		return err
	}
	config, err := pgxpool.ParseConfig(orders.Database)
	if err != nil {
		return err
	}
	config.MaxConns = orders.Connections
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return err
	}
	defer pool.Close()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			err = pgx.BeginFunc(r.Context(), pool, func(tx pgx.Tx) error {
				_, err := tx.Exec(r.Context(), "INSERT INTO bare (body) VALUES ($1)", body)
				return err
			})
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	if err := json.NewEncoder(out).Encode(map[string]string{"address": listener.Addr().String()}); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return server.Close()
	case err := <-ended:
		return err
	}
}

// tookAll voids the bench when not every call of every round was stored once,
// each with its job.
func (b *board) tookAll(ctx context.Context, database string, want int64) error {
	conn, err := pgx.Connect(ctx, b.pg.DSN(database, "postgres"))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	var inbox, keys, jobs, bare int64
	if err := conn.QueryRow(ctx, `
SELECT (SELECT count(*) FROM inbox), (SELECT count(*) FROM inbox_key), (SELECT count(*) FROM bare),
       (SELECT coalesce(sum(jsonb_array_length(args->'calls')), 0) FROM river_job WHERE kind = 'inbox')`).Scan(&inbox, &keys, &bare, &jobs); err != nil {
		return err
	}
	if inbox != want || keys != want || jobs != want || bare != want {
		return fmt.Errorf("of %d calls %d are stored, %d with a key, %d with a job; the bare handler has %d", want, inbox, keys, jobs, bare)
	}
	return nil
}
