package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"io"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"
)

// handOrders are what the board tells the hand-written loop.
type handOrders struct {
	// Database logs in as the owner, whom row-level security does not hold.
	Database          string
	URL               string
	Products          int
	Webshop, Coupling int64
}

// handReport is what the loop says at its end.
type handReport struct {
	Seconds float64
}

// handMain is the loop that a good programmer writes for this one shop and
// these tables: typed structs, binary COPY straight into the tables, two
// connections, fetching, decoding and writing beside each other. It knows
// nothing of resuming, changes, other shops or broken records.
func handMain(ctx context.Context, in io.Reader, out io.Writer) error {
	var orders handOrders
	if err := json.NewDecoder(in).Decode(&orders); err != nil {
		return err
	}
	began := time.Now()
	if err := handLoad(ctx, orders); err != nil {
		return err
	}
	if err := json.NewEncoder(out).Encode(handReport{Seconds: time.Since(began).Seconds()}); err != nil {
		return err
	}
	// The board reads what this process used before it lets it go.
	<-ctx.Done()
	return nil
}

// handBatch is how many records one transaction holds, as many as the engine's.
const handBatch = 2000

func handLoad(ctx context.Context, orders handOrders) error {
	group, ctx := errgroup.WithContext(ctx)
	fetched := make(chan []byte, 4)
	decoded := make(chan []handProduct, 4)
	group.Go(func() error { return handFetch(ctx, orders, fetched) })
	group.Go(func() error { return handDecode(ctx, fetched, decoded) })
	turn := make(chan int64, 1)
	turn <- 0
	for range 2 {
		group.Go(func() error { return handWrite(ctx, orders, decoded, turn) })
	}
	return group.Wait()
}

func handFetch(ctx context.Context, orders handOrders, fetched chan<- []byte) error {
	defer close(fetched)
	s := &source{URL: orders.URL}
	for at := 0; at < orders.Products; at += pageSize {
		body, err := get(ctx, http.DefaultClient, s.pageURL("offset="+itoa(at)))
		if err != nil {
			return err
		}
		select {
		case fetched <- body:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

func handDecode(ctx context.Context, fetched <-chan []byte, decoded chan<- []handProduct) error {
	defer close(decoded)
	batch := make([]handProduct, 0, handBatch)
	send := func() error {
		select {
		case decoded <- batch:
			batch = make([]handProduct, 0, handBatch)
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	for body := range fetched {
		var raws []json.RawMessage
		if err := json.Unmarshal(body, &raws); err != nil {
			return err
		}
		for _, raw := range raws {
			p, err := decodeProduct(raw)
			if err != nil {
				return err
			}
			batch = append(batch, p)
		}
		if len(batch) == handBatch {
			if err := send(); err != nil {
				return err
			}
		}
	}
	if len(batch) == 0 {
		return nil
	}
	return send()
}

// handWrite writes batch after batch on its own connection. turn holds the
// number of the last change, so that numbers have no gaps.
func handWrite(ctx context.Context, orders handOrders, decoded <-chan []handProduct, turn chan int64) error {
	conn, err := pgx.Connect(ctx, orders.Database)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	for batch := range decoded {
		first := <-turn
		turn <- first + int64(len(batch))
		if err := handCommit(ctx, conn, orders, batch, first); err != nil {
			return err
		}
	}
	return nil
}

// handCommit copies one batch into the tables in one transaction.
func handCommit(ctx context.Context, conn *pgx.Conn, orders handOrders, batch []handProduct, first int64) error {
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		ids := make([]int64, 0, len(batch))
		rows, err := tx.Query(ctx, "SELECT nextval('object_id') FROM generate_series(1, $1)", len(batch))
		if err != nil {
			return err
		}
		if ids, err = pgx.AppendRows(ids, rows, pgx.RowTo[int64]); err != nil {
			return err
		}
		for _, table := range handTables {
			source := pgx.CopyFromSlice(len(batch), func(i int) ([]any, error) {
				return table.row(orders, &batch[i], ids[i], first+int64(i)+1), nil
			})
			if _, err := tx.CopyFrom(ctx, pgx.Identifier{table.name}, table.columns, source); err != nil {
				return err
			}
		}
		seen := make([]byte, 0, 8*len(batch))
		for i := range batch {
			sum := sha256.Sum256([]byte(batch[i].remoteID))
			seen = append(seen, sum[:8]...)
		}
		_, err = tx.Exec(ctx, "INSERT INTO scan_seen (webshop_id, scan_id, batch, keys) SELECT $1, id, $2, $3 FROM scan LIMIT 1", orders.Webshop, first, seen)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, "UPDATE scan SET batches = batches + 1, records = records + $1, resume = $2", len(batch), []byte(`{"at":"`+itoa(int(first))+`"}`))
		return err
	})
}
