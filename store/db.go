package store

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/koppel-io/koppel"
)

// Role is one of the two database roles that programs run as.
type Role string

// The roles that migrations make.
const (
	App    Role = "koppel_app"    // the API server
	Engine Role = "koppel_engine" // the worker
)

// Config says how to open a DB. DSN and Role are required.
type Config struct {
	// DSN is a connection string (URL or key=value) that logs in as Role or as a member of it.
	DSN string
	// Role is what the program is.
	Role Role
	// MaxConns bounds the pool; 10 when zero.
	MaxConns int
	// Keys is the master keyset; without it credentials can be neither sealed nor opened.
	Keys *Keys
	// Gather is for how long further changes are waited for before they are pushed; 5 seconds when zero.
	Gather time.Duration
	// Log gets what is retried; nil is silent.
	Log *slog.Logger
}

// DB is a pool of connections that are held to row-level security. Its methods may be called from several goroutines.
type DB struct {
	pool *pgxpool.Pool
	role Role
	host string
	keys *Keys
	log  *slog.Logger

	leaseWait time.Duration
	gather    time.Duration
	rowTypes  rowTypes
	objectIDs objectIDs
	jobs      *jobs
	arrivals  arrivals
}

// sessionDefaults are settings of each connection that its DSN does not set. A process that is stopped inside a
// transaction must not keep its locks from the one that takes over.
var sessionDefaults = map[string]string{
	"idle_in_transaction_session_timeout": "15s",
	"statement_timeout":                   "2min",
	// The subplans of row-level security make short statements look dear enough to be compiled, which takes longer than
	// any of them.
	"jit": "off",
}

// Open connects and checks who it is. A login that is or can become a superuser, or that bypasses row-level
// security, is refused: tenants would no longer be kept apart.
func Open(ctx context.Context, c Config) (*DB, error) {
	const op = "open database"
	if c.Role != App && c.Role != Engine {
		return nil, koppel.E(koppel.KindInvalidRequest, op, fmt.Sprintf("role %q is neither %s nor %s", c.Role, App, Engine))
	}
	pc, err := pgxpool.ParseConfig(c.DSN)
	if err != nil {
		// The cause repeats the connection string, so it stays out.
		return nil, koppel.E(koppel.KindInvalidRequest, op, "the connection string of PostgreSQL cannot be read; it looks like postgres://koppel_app:PASSWORD@host:5432/koppel")
	}
	pc.MaxConns = 10
	if c.MaxConns > 0 {
		pc.MaxConns = int32(c.MaxConns)
	}
	if pc.ConnConfig.ConnectTimeout == 0 {
		pc.ConnConfig.ConnectTimeout = 5 * time.Second
	}
	params := pc.ConnConfig.RuntimeParams
	for name, value := range sessionDefaults {
		if _, set := params[name]; !set {
			params[name] = value
		}
	}
	if params["application_name"] == "" {
		params["application_name"] = string(c.Role)
	}
	pc.AfterConnect = speakUTC
	pool, err := pgxpool.NewWithConfig(ctx, pc)
	if err != nil {
		return nil, koppel.Wrap(op, err)
	}
	db := &DB{pool: pool, role: c.Role, host: pc.ConnConfig.Host, keys: c.Keys, log: c.Log, leaseWait: leaseWait, gather: cmp.Or(c.Gather, 5*time.Second)}
	if db.log == nil {
		db.log = slog.New(slog.DiscardHandler)
	}
	if err = db.checkRole(ctx, op); err == nil {
		db.jobs, err = newJobs(pool, db.log)
	}
	if err != nil {
		pool.Close()
		return nil, wrap(op, err)
	}
	return db, nil
}

// speakUTC makes times arrive in UTC whatever the machine's zone is.
func speakUTC(_ context.Context, conn *pgx.Conn) error {
	conn.TypeMap().RegisterType(&pgtype.Type{Name: "timestamptz", OID: pgtype.TimestamptzOID, Codec: &pgtype.TimestamptzCodec{ScanLocation: time.UTC}})
	return nil
}

const roleSQL = `
SELECT current_user,
       EXISTS (SELECT FROM pg_roles r WHERE r.rolsuper AND pg_has_role(current_user, r.oid, 'MEMBER')),
       EXISTS (SELECT FROM pg_roles r WHERE r.rolbypassrls AND pg_has_role(current_user, r.oid, 'MEMBER')),
       EXISTS (SELECT FROM pg_roles r WHERE r.rolname = $1 AND pg_has_role(current_user, r.oid, 'USAGE'))`

func (db *DB) checkRole(ctx context.Context, op string) error {
	var (
		user                   string
		super, bypass, isARole bool
	)
	if err := db.pool.QueryRow(ctx, roleSQL, string(db.role)).Scan(&user, &super, &bypass, &isARole); err != nil {
		return db.wrap(op, err)
	}
	switch {
	case super:
		return koppel.E(koppel.KindPermission, op, fmt.Sprintf("database role %q is a superuser, which row-level security does not hold; connect as %s", user, db.role))
	case bypass:
		return koppel.E(koppel.KindPermission, op, fmt.Sprintf("database role %q has BYPASSRLS, so tenants would not be kept apart; connect as %s or take it away: ALTER ROLE %s NOBYPASSRLS", user, db.role, pgx.Identifier{user}.Sanitize()))
	case !isARole:
		return koppel.E(koppel.KindPermission, op, fmt.Sprintf("database role %q is not %s; run koppel migrate as the owner, then connect as %s", user, db.role, db.role))
	}
	return nil
}

// Close closes the pool; it waits for transactions that are open.
func (db *DB) Close() { db.pool.Close() }

// Role is the role the DB was opened as.
func (db *DB) Role() Role { return db.role }

// Ping asks the database for a sign of life: the readiness check.
func (db *DB) Ping(ctx context.Context) error {
	return db.wrap("ping database", db.pool.Ping(ctx))
}

// Now is the database's clock, the one clock of leases, budgets and runs.
func (db *DB) Now(ctx context.Context) (time.Time, error) {
	var now time.Time
	err := db.pool.QueryRow(ctx, `SELECT clock_timestamp()`).Scan(&now)
	return now.UTC(), db.wrap("read the database's clock", err)
}

// Pool gives the pool's figures for metrics: connections in use, open and allowed.
func (db *DB) Pool() (inUse, open, most int32) {
	s := db.pool.Stat()
	return s.AcquiredConns(), s.TotalConns(), s.MaxConns()
}

// NewID makes an outside id: a UUIDv7, so that ids sort by the time they were made.
func NewID() string {
	id, err := uuid.NewV7()
	if err != nil {
		panic("store: the system gives no random bytes: " + err.Error())
	}
	return id.String()
}
