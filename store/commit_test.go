package store_test

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel/store"
)

// How a commit is lost.
const (
	loseNothing int32 = iota
	// loseAnswer: it is done, and nobody is told.
	loseAnswer
	// loseRequest: it never arrives.
	loseRequest
)

// cutter stands between a program and PostgreSQL and cuts the connection at a commit.
type cutter struct {
	server string
	// lose is what becomes of the commit that comes after so many more.
	lose, after atomic.Int32
}

// newCutter gives a socket directory under which the database is reached through the cutter.
func newCutter(t *testing.T, socket string) (*cutter, string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "cut")
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("unix", filepath.Join(dir, filepath.Base(socket)))
	if err != nil {
		t.Fatal(err)
	}
	c := &cutter{server: socket}
	t.Cleanup(func() {
		_ = listener.Close()
		_ = os.RemoveAll(dir)
	})
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go c.serve(conn)
		}
	}()
	return c, dir
}

func (c *cutter) serve(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("unix", c.server)
	if err != nil {
		return
	}
	defer server.Close()
	var deaf atomic.Bool
	go func() {
		defer client.Close()
		buf := make([]byte, 1<<16)
		for {
			n, err := server.Read(buf)
			if err != nil || deaf.Load() {
				return
			}
			if _, err := client.Write(buf[:n]); err != nil {
				return
			}
		}
	}()
	in := bufio.NewReader(client)
	head := make([]byte, 4)
	for first := true; ; first = false {
		kind := byte(0)
		if !first { // the startup message has no kind (PostgreSQL manual, 55.7)
			if kind, err = in.ReadByte(); err != nil {
				return
			}
		}
		if _, err := io.ReadFull(in, head); err != nil {
			return
		}
		body := make([]byte, binary.BigEndian.Uint32(head)-4)
		if _, err := io.ReadFull(in, body); err != nil {
			return
		}
		if kind == 'Q' && strings.HasPrefix(string(body), "commit") && c.lose.Load() != loseNothing && c.after.Add(-1) < 0 {
			if c.lose.Swap(loseNothing) == loseRequest {
				return
			}
			deaf.Store(true)
		}
		message := append(head, body...)
		if !first {
			message = append([]byte{kind}, message...)
		}
		if _, err := server.Write(message); err != nil {
			return
		}
	}
}

// readOn goes on from the stored position as an activity does, two batches beside each other, until it has read all or
// something goes wrong.
func readOn(ctx context.Context, t *testing.T, db *store.DB, r *reading, last int) error {
	lease, scan, err := db.TakeLease(ctx, r.lease.Webshop, r.lease.Run, "products", "test")
	if err != nil {
		return err
	}
	at := 0
	if scan.Resume != nil {
		if err := json.Unmarshal(scan.Resume, &at); err != nil {
			return err
		}
	}
	var before *store.Batch
	var running []<-chan error
	for n := at + 1; n <= last; n++ {
		b := numbered(t, lease, n, before)
		before = b
		done := make(chan error, 1)
		go func() {
			_, err := db.WriteBatch(ctx, b)
			done <- err
		}()
		if running = append(running, done); len(running) == 2 {
			err = first(err, <-running[0])
			running = running[1:]
		}
	}
	for _, done := range running {
		err = first(err, <-done)
	}
	return err
}

func first(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

func TestALostCommitIsNeitherRepeatedNorMissed(t *testing.T) {
	t.Parallel()
	r := newReading(t)
	socket := filepath.Join(r.Server.SocketDir(), fmt.Sprintf(".s.PGSQL.%d", r.Server.Port()))
	cut, dir := newCutter(t, socket)
	config, err := pgx.ParseConfig(r.EngineDSN)
	if err != nil {
		t.Fatal(err)
	}
	dsn := fmt.Sprintf("host=%s port=%d user=%s dbname=%s sslmode=disable", dir, config.Port, config.User, config.Database)
	db, err := store.Open(t.Context(), store.Config{DSN: dsn, Role: store.Engine, MaxConns: 4})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	const last = 12
	for _, how := range []struct{ lose, after int32 }{{loseAnswer, 1}, {loseRequest, 2}, {loseAnswer, 3}, {loseRequest, 1}} {
		cut.after.Store(how.after)
		cut.lose.Store(how.lose)
		if err := readOn(t.Context(), t, db, r, last); err == nil {
			t.Fatalf("nothing was lost by %+v", how)
		}
	}
	if err := readOn(t.Context(), t, db, r, last); err != nil {
		t.Fatal(err)
	}
	r.want(t, "12|12|12|12|12|12|12|12", allWrittenSQL)
}
