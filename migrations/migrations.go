package migrations

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	_ "github.com/jackc/pgx/v5/stdlib" // the database/sql driver that goose drives
	"github.com/koppel-io/koppel"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed 0*.sql
var files embed.FS

// daysAhead is how many days of partitions a migration leaves behind.
const daysAhead = 14

// Up applies every migration that dsn's database lacks, each in its own transaction, makes the partitions of the
// coming days and says how many migrations it applied. Several callers at once are fine: one works, the others wait.
// dsn must log in as the owner of the database. A nil log is silent.
func Up(ctx context.Context, dsn string, log *slog.Logger) (applied int, err error) {
	const op = "migrate database"
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		return 0, unusable(op, err)
	}
	defer db.Close()
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 300))
	if err != nil {
		return 0, koppel.Wrap(op, err)
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, files,
		goose.WithSessionLocker(locker), goose.WithSlog(log), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return 0, koppel.Wrap(op, err)
	}
	results, err := provider.Up(ctx)
	if err != nil {
		return len(results), unusable(op, err)
	}
	if _, err := db.ExecContext(ctx, `SELECT koppel_partitions($1)`, daysAhead); err != nil {
		return len(results), unusable(op, err)
	}
	return len(results), nil
}

// Pending lists the numbers of the migrations that dsn's database lacks, in order. Any role of ours may ask.
func Pending(ctx context.Context, dsn string) ([]int64, error) {
	applied, err := appliedIn(ctx, dsn)
	if err != nil {
		return nil, err
	}
	var pending []int64
	for _, number := range numbers() {
		if !applied[number] {
			pending = append(pending, number)
		}
	}
	return pending, nil
}

// Version is the number of the newest migration applied in dsn's database, 0 for an empty one. Any role of ours may ask.
func Version(ctx context.Context, dsn string) (int64, error) {
	applied, err := appliedIn(ctx, dsn)
	if err != nil {
		return 0, err
	}
	var newest int64
	for number := range applied {
		newest = max(newest, number)
	}
	return newest, nil
}

// Latest is the number of the newest migration of this program.
func Latest() int64 {
	all := numbers()
	return all[len(all)-1]
}

// Hash tells this set of migrations apart from any other: hexadecimal SHA-256 over names and contents.
func Hash() string {
	h := sha256.New()
	for _, name := range names() {
		text, err := files.ReadFile(name)
		if err != nil {
			panic("migrations: embedded file " + name + " cannot be read: " + err.Error())
		}
		fmt.Fprintf(h, "%s %d\n%s", name, len(text), text)
	}
	return hex.EncodeToString(h.Sum(nil))
}

const appliedSQL = `SELECT version_id FROM goose_db_version WHERE is_applied AND version_id > 0`

func appliedIn(ctx context.Context, dsn string) (map[int64]bool, error) {
	const op = "read the list of migrations"
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return nil, unusable(op, err)
	}
	defer conn.Close(ctx)
	applied := map[int64]bool{}
	rows, err := conn.Query(ctx, appliedSQL)
	if err == nil {
		var list []int64
		list, err = pgx.CollectRows(rows, pgx.RowTo[int64])
		for _, number := range list {
			applied[number] = true
		}
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == "42P01" { // no such table: nothing was ever applied
		return applied, nil
	}
	if err != nil {
		return nil, unusable(op, err)
	}
	return applied, nil
}

// unusable is the error of a database that cannot be reached or refuses. pgx keeps passwords out of its errors.
func unusable(op string, err error) error {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return &koppel.Error{Kind: koppel.KindInternal, Op: op, Err: err,
			Detail: fmt.Sprintf("PostgreSQL refuses: %s (%s)", pg.Message, pg.Code)}
	}
	return &koppel.Error{Kind: koppel.KindInternal, Op: op, Err: err,
		Detail: "PostgreSQL cannot be used with the owner's connection string; check host, database and password"}
}

// names are the migration files in order.
func names() []string {
	list, err := fs.Glob(files, "*.sql")
	if err != nil || len(list) == 0 {
		panic("migrations: no files embedded")
	}
	return list
}

func numbers() []int64 {
	var list []int64
	for _, name := range names() {
		digits, _, _ := strings.Cut(name, "_")
		number, err := strconv.ParseInt(digits, 10, 64)
		if err != nil {
			panic("migrations: file " + name + " has no number")
		}
		list = append(list, number)
	}
	return list
}
