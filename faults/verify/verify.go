package verify

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Config says what is compared with what. All fields are required.
type Config struct {
	// Database logs in as the owner, whom row-level security does not hold.
	Database string
	// Shop is the demo shop's address.
	Shop string
	// Unpack gives a stored body back by its codec.
	Unpack func(codec int16, stored []byte) ([]byte, error)
}

// Findings are what is wrong; a right platform has zeros.
type Findings struct {
	// Lost are rows that are missing or do not say what the shop says:
	// objects, sources, records, suppliers and changes.
	Lost int64 `json:"lost"`
	// Duplicated are objects or sources beyond the one that a remote id has.
	Duplicated int64 `json:"duplicated"`
	// Stray are rows of something that the shop never had.
	Stray int64 `json:"stray"`
	// Gaps are numbers missing from the change feeds.
	Gaps int64 `json:"gaps"`
	// OpenRuns and FailedRuns are runs that were left open or failed, Parked
	// are records that nobody could process.
	OpenRuns   int64 `json:"open_runs"`
	FailedRuns int64 `json:"failed_runs"`
	Parked     int64 `json:"parked"`
	// Compared counts the rows that were looked at.
	Compared int64  `json:"compared"`
	Orders   Orders `json:"orders"`

	// Examples tell the first things that were found.
	Examples []string `json:"-"`
}

// Orders are the buy orders as the shop's ledger has them.
type Orders struct {
	// Placed is how many there are to send.
	Placed int64 `json:"placed"`
	// Once are right: in the ledger once, sent, with the shop's ids on outbox
	// row, source and lines.
	Once int64 `json:"once"`
	// Twice are in the ledger more than once, Missing not at all.
	Twice   int64 `json:"twice"`
	Missing int64 `json:"missing"`
	// UnknownLeft are not known to be sent, WrongIDs lack the shop's ids or
	// have others, Unasked are in the ledger and nobody placed them.
	UnknownLeft int64 `json:"unknown_left"`
	WrongIDs    int64 `json:"wrong_ids"`
	Unasked     int64 `json:"unasked"`
}

// Err names everything that is not zero; nil when all is right.
func (f Findings) Err() error {
	var errs []error
	for _, wrong := range []struct {
		what string
		n    int64
	}{
		{"rows lost", f.Lost}, {"rows duplicated", f.Duplicated}, {"stray rows", f.Stray}, {"gaps in change feeds", f.Gaps},
		{"runs left open", f.OpenRuns}, {"runs failed", f.FailedRuns}, {"records parked", f.Parked},
		{"orders sent twice", f.Orders.Twice}, {"orders missing", f.Orders.Missing}, {"orders of unknown outcome", f.Orders.UnknownLeft},
		{"orders without the shop's ids", f.Orders.WrongIDs}, {"orders nobody placed", f.Orders.Unasked},
	} {
		if wrong.n != 0 {
			errs = append(errs, fmt.Errorf("%d %s", wrong.n, wrong.what))
		}
	}
	if f.Compared == 0 {
		errs = append(errs, errors.New("nothing was compared"))
	}
	if f.Orders.Once != f.Orders.Placed {
		errs = append(errs, fmt.Errorf("%d orders of %d arrived once", f.Orders.Once, f.Orders.Placed))
	}
	return errors.Join(errs...)
}

// examplesMost bounds what is told.
const examplesMost = 20

func (f *Findings) example(format string, args ...any) {
	if len(f.Examples) < examplesMost {
		f.Examples = append(f.Examples, fmt.Sprintf(format, args...))
	}
}

// judge is one comparison.
type judge struct {
	Config
	Findings
	db    *pgx.Conn
	truth *truth
}

// All compares everything: for each coupling products, sources, records and
// suppliers, for each webshop the change feed, and all buy orders.
func All(ctx context.Context, c Config) (Findings, error) {
	j := &judge{Config: c}
	var err error
	if j.db, err = pgx.Connect(ctx, c.Database); err != nil {
		return j.Findings, err
	}
	defer j.db.Close(ctx)
	if j.truth, err = readTruth(ctx, c.Shop); err != nil {
		return j.Findings, err
	}
	couplings, err := j.couplings(ctx)
	if err != nil {
		return j.Findings, err
	}
	for _, c := range couplings {
		for _, compare := range []func(context.Context, coupling) error{j.products, j.records, j.suppliers} {
			if err := compare(ctx, c); err != nil {
				return j.Findings, fmt.Errorf("coupling %s: %w", c.name, err)
			}
		}
	}
	for _, compare := range []func(context.Context) error{j.orphans, j.changes, j.runs, j.orders} {
		if err := compare(ctx); err != nil {
			return j.Findings, err
		}
	}
	return j.Findings, nil
}

// coupling is one reader of the shop.
type coupling struct {
	id, webshop int64
	name        string
}

func (j *judge) couplings(ctx context.Context) ([]coupling, error) {
	rows, err := j.db.Query(ctx, `SELECT id, webshop_id, name FROM coupling ORDER BY id`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (c coupling, err error) {
		err = row.Scan(&c.id, &c.webshop, &c.name)
		return c, err
	})
}

// runs counts what was left open or failed, and what was parked.
func (j *judge) runs(ctx context.Context) error {
	return j.db.QueryRow(ctx, `
SELECT (SELECT count(*) FROM run WHERE state IN ('queued', 'running', 'waiting')),
       (SELECT count(*) FROM run WHERE state IN ('failed', 'cancelled')),
       (SELECT count(*) FROM parked WHERE resolved_at IS NULL)`).Scan(&j.OpenRuns, &j.FailedRuns, &j.Parked)
}
