package devserver

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"github.com/google/uuid"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/metrics"
	"go.temporal.io/server/common/persistence/sql"
	"go.temporal.io/server/common/persistence/sql/sqlplugin"
	sqliteplugin "go.temporal.io/server/common/persistence/sql/sqlplugin/sqlite"
	"go.temporal.io/server/common/resolver"
	"go.temporal.io/server/schema/sqlite"
	"google.golang.org/protobuf/types/known/durationpb"
)

// clusterName is the name of the one Temporal cluster there is.
const clusterName = "active"

// storage is where the server keeps everything.
type storage struct {
	sql  *config.SQL
	lock *os.File // nil in memory
}

// openStorage gives a database with a complete schema and the namespace in it.
func openStorage(cfg Config) (storage, error) {
	st, err := chooseStorage(cfg.DBPath)
	if err != nil {
		return st, err
	}
	if err := st.prepare(cfg); err != nil {
		st.close()
		return st, err
	}
	return st, nil
}

// chooseStorage names the database. Temporal keeps a connection per name and attributes open as long as the
// process lives. So a database in memory gets a name nobody had before, and a file an attribute nobody had (setup,
// which means something only when it is "true"): else a file that was removed meanwhile would live on unseen. In a
// file, write-ahead logging with synchronous NORMAL loses nothing when the process is killed.
func chooseStorage(path string) (storage, error) {
	s := &config.SQL{PluginName: sqliteplugin.PluginName}
	unique := uuid.NewString()
	if path == "" {
		s.DatabaseName = "koppel-" + unique
		s.ConnectAttributes = map[string]string{"mode": "memory", "cache": "shared"}
		return storage{sql: s}, nil
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return storage{}, fmt.Errorf("devserver: database file: %w", err)
	}
	s.DatabaseName = path
	s.ConnectAttributes = map[string]string{"mode": "rwc", "setup": unique, "journal_mode": "wal", "synchronous": "normal", "busy_timeout": "5000"}
	lock, err := os.OpenFile(path+".lock", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return storage{}, fmt.Errorf("devserver: database file: %w", err)
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		lock.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return storage{}, fmt.Errorf("devserver: another Temporal server is using %s: stop it, or use another file", path)
		}
		return storage{}, fmt.Errorf("devserver: lock database file: %w", err)
	}
	return storage{sql: s, lock: lock}, nil
}

// prepare makes what is missing. The schema comes in one transaction: a process killed half-way leaves an empty
// file, not a half schema. In memory the plug-in has made it on connecting.
func (st storage) prepare(cfg Config) error {
	if st.lock != nil {
		if err := setUpSchema(st.sql); err != nil {
			return fmt.Errorf("devserver: schema of %s: %w", cfg.DBPath, err)
		}
	}
	for _, name := range append([]string{cfg.Namespace}, cfg.Namespaces...) {
		ns, err := sqlite.NewNamespaceConfig(clusterName, name, false, cfg.SearchAttributes)
		if err != nil {
			return fmt.Errorf("devserver: search attributes: %w", err)
		}
		ns.Detail.Config.Retention = durationpb.New(cfg.Retention)
		if err := sqlite.CreateNamespaces(st.sql, ns); err != nil {
			return fmt.Errorf("devserver: namespace %s: %w", name, err)
		}
	}
	return nil
}

func setUpSchema(cfg *config.SQL) error {
	db, err := sql.NewSQLAdminDB(sqlplugin.DbKindUnknown, cfg, resolver.NewNoopResolver(), log.NewNoopLogger(), metrics.NoopMetricsHandler)
	if err != nil {
		return err
	}
	defer db.Close()
	tables, err := db.ListTables(cfg.DatabaseName)
	if err != nil || len(tables) > 0 {
		return err
	}
	if err := db.Exec("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	if err := sqlite.SetupSchemaOnDB(db); err != nil {
		return errors.Join(err, db.Exec("ROLLBACK"))
	}
	return db.Exec("COMMIT")
}

func (st storage) close() {
	if st.lock != nil {
		st.lock.Close()
	}
}
