package store

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
)

// Exchanges keeps captured exchanges for one run: the sink that a remote client is given.
type Exchanges struct {
	db      *DB
	webshop int64
	run     int64
}

// Exchanges is the sink of one run of one webshop, by inner ids. A run of 0 is none: a check of credentials.
func (db *DB) Exchanges(webshop, run int64) Exchanges { return Exchanges{db, webshop, run} }

const saveExchangeSQL = `INSERT INTO exchange (webshop_id, run_id, data) VALUES (@webshop, nullif(@run::bigint, 0), @data) RETURNING id`

// SaveExchange keeps an exchange, already redacted and cut, in a transaction of its own and gives its id.
func (e Exchanges) SaveExchange(ctx context.Context, x koppel.Exchange) (int64, error) {
	const op = "save exchange"
	var id int64
	err := e.db.InTx(ctx, ForWebshop(e.webshop), func(tx *Tx) error {
		args := pgx.StrictNamedArgs{"webshop": e.webshop, "run": e.run, "data": x}
		return wrap(op, tx.tx.QueryRow(ctx, saveExchangeSQL, args).Scan(&id))
	})
	return id, err
}

// ExchangeRow is a kept exchange.
type ExchangeRow struct {
	ID   int64
	Data koppel.Exchange
}

const exchangeSQL = `SELECT id, data FROM exchange WHERE id = $1`

// Exchange finds a kept exchange of the scope by its id.
func (tx *Tx) Exchange(ctx context.Context, id int64) (ExchangeRow, error) {
	x, err := one[ExchangeRow](ctx, tx, exchangeSQL, id)
	return x, wrap("get exchange", err)
}

const exchangesSQL = `
SELECT x.id, x.data FROM exchange x JOIN run r ON r.id = x.run_id AND r.webshop_id = x.webshop_id
WHERE r.uuid = $1 ORDER BY x.id DESC LIMIT 100`

// RunExchanges lists the last hundred exchanges of a run, newest first.
func (tx *Tx) RunExchanges(ctx context.Context, run string) ([]ExchangeRow, error) {
	const op = "list exchanges"
	if err := checkID(op, "run", run); err != nil {
		return nil, err
	}
	list, err := many[ExchangeRow](ctx, tx, exchangesSQL, run)
	return list, wrap(op, err)
}
