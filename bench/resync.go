package main

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5"
)

// walBytes is what a run wrote to the log, by what it belongs to.
type walBytes struct {
	Record  int64 `json:"record"`
	Source  int64 `json:"source"`
	Product int64 `json:"product"`
	Other   int64 `json:"other"`
}

func (w walBytes) add(o walBytes) walBytes {
	return walBytes{w.Record + o.Record, w.Source + o.Source, w.Product + o.Product, w.Other + o.Other}
}

// resync reads a loaded webshop again with nothing new in it.
func (b *board) resync(ctx context.Context, w *webshop) (m measured, written walBytes, err error) {
	// Analysed and vacuumed, as autovacuum leaves a table that was just loaded.
	if err := b.owner(ctx, w.database, "VACUUM ANALYZE", "CREATE EXTENSION IF NOT EXISTS pg_walinspect"); err != nil {
		return m, written, err
	}
	conn, err := pgx.Connect(ctx, b.pg.DSN(w.database, "postgres"))
	if err != nil {
		return m, written, err
	}
	defer conn.Close(ctx)
	var from, to string
	if m, err = b.pulledFrom(ctx, w, conn, &from); err != nil {
		return m, written, err
	}
	// Only what is on disk can be read, so the end is behind a commit that waits for the disk.
	if _, err := conn.Exec(ctx, "SET synchronous_commit = on; SELECT pg_logical_emit_message(true, 'bench', 'end')"); err != nil {
		return m, written, err
	}
	if err := conn.QueryRow(ctx, "SELECT pg_current_wal_flush_lsn()::text").Scan(&to); err != nil {
		return m, written, err
	}
	written, err = walBetween(ctx, conn, from, to)
	return m, written, err
}

func (b *board) pulledFrom(ctx context.Context, w *webshop, conn *pgx.Conn, from *string) (measured, error) {
	if err := b.owner(ctx, w.database, "CHECKPOINT"); err != nil {
		return measured{}, err
	}
	if err := conn.QueryRow(ctx, "SELECT pg_current_wal_insert_lsn()::text").Scan(from); err != nil {
		return measured{}, err
	}
	return b.pulled(ctx, w, b.opts.records)
}

const (
	filesSQL = `
SELECT pg_relation_filenode(c.oid)::text, CASE WHEN c.relkind = 'i' THEN t.relname ELSE c.relname END
FROM pg_class c LEFT JOIN pg_index i ON i.indexrelid = c.oid LEFT JOIN pg_class t ON t.oid = i.indrelid
WHERE c.relkind IN ('r', 'i') AND c.relnamespace = 'public'::regnamespace`
	walSQL = `SELECT record_length, block_ref FROM pg_get_wal_records_info($1::pg_lsn, $2::pg_lsn) WHERE block_ref IS NOT NULL AND block_ref <> ''`
)

var blockOf = regexp.MustCompile(`rel \d+/\d+/(\d+)`)

// walBetween sums the log's records by table, indexes with their table
// (pg_walinspect). A record of several tables counts for each.
func walBetween(ctx context.Context, conn *pgx.Conn, from, to string) (sum walBytes, err error) {
	tables := map[string]string{}
	rows, err := conn.Query(ctx, filesSQL)
	if err != nil {
		return sum, err
	}
	var file, table string
	if _, err := pgx.ForEachRow(rows, []any{&file, &table}, func() error { tables[file] = table; return nil }); err != nil {
		return sum, err
	}
	if rows, err = conn.Query(ctx, walSQL, from, to); err != nil {
		return sum, fmt.Errorf("read the log: %w", err)
	}
	var length int64
	var blocks string
	_, err = pgx.ForEachRow(rows, []any{&length, &blocks}, func() error {
		touched := map[string]bool{}
		for _, match := range blockOf.FindAllStringSubmatch(blocks, -1) {
			touched[tables[match[1]]] = true
		}
		for name := range touched {
			switch strings.TrimSpace(name) {
			case "record":
				sum.Record += length
			case "source":
				sum.Source += length
			case "product":
				sum.Product += length
			default:
				sum.Other += length
			}
		}
		return nil
	})
	return sum, err
}
