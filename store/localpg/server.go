package localpg

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"
)

// socketPort names the socket file of a server that does not listen on TCP.
const socketPort = 5432

// stopLimit is how long Stop waits for the server to be gone.
const stopLimit = 60 * time.Second

// Config says which cluster to run and how. Only Dir is required.
type Config struct {
	Dir        string            // the cluster's directory; made when absent
	Binaries   Binaries          // zero: Ensure finds or installs them
	Port       int               // TCP port on 127.0.0.1, with passwords (SCRAM); 0: unix socket only
	SocketDir  string            // "": beside the data directory, or a short one in the temporary directory when that is too long
	Settings   map[string]string // server settings (postgresql.conf names), on top of the defaults
	FastUnsafe bool              // fsync, synchronous_commit and full_page_writes off: a killed server loses commits, a crash of the machine the cluster
	Log        *slog.Logger      // nil: silent
}

// Mode is how a server stops.
type Mode syscall.Signal

const (
	// Fast ends sessions, rolls back what they had open, writes a checkpoint and stops.
	Fast = Mode(syscall.SIGINT)
	// Immediate stops without a checkpoint, as a crash would; the next start recovers from the log.
	Immediate = Mode(syscall.SIGQUIT)
)

// Server is a running PostgreSQL. Its methods may be called from several goroutines.
type Server struct {
	dir, data, log string
	pm             postmaster
	adopted        bool
}

// Start brings up the cluster in cfg.Dir and returns when it accepts sessions. A server that already runs there
// with the same settings is adopted; one with other settings is stopped (Fast) and started anew. ctx bounds the
// start only: the server lives until Stop, also beyond this process.
func Start(ctx context.Context, cfg Config) (*Server, error) {
	dir, err := prepareDir(cfg.Dir)
	if err != nil {
		return nil, err
	}
	bin := cfg.Binaries
	if bin.Dir == "" {
		if bin, err = Ensure(ctx, cfg.Log); err != nil {
			return nil, err
		}
	}
	unlock, err := lockFile(ctx, filepath.Join(dir, "lock"))
	if err != nil {
		return nil, err
	}
	defer unlock()
	return start(ctx, cfg, bin, dir)
}

// prepareDir makes dir and gives its absolute path without links, so that one cluster has one name.
func prepareDir(dir string) (string, error) {
	if dir == "" {
		return "", errors.New("localpg: Config.Dir is empty: name the directory of the cluster")
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("localpg: make cluster directory: %w", err)
	}
	dir, err := filepath.EvalSymlinks(dir)
	if err == nil {
		dir, err = filepath.Abs(dir)
	}
	if err != nil {
		return "", fmt.Errorf("localpg: cluster directory: %w", err)
	}
	return dir, nil
}

// start is Start under the directory's lock.
func start(ctx context.Context, cfg Config, bin Binaries, dir string) (*Server, error) {
	data, acct, err := initialise(ctx, bin, dir, cfg.FastUnsafe)
	if err != nil {
		return nil, err
	}
	sock, err := socketDir(acct, cfg.SocketDir, data)
	if err != nil {
		return nil, err
	}
	s := &Server{dir: dir, data: data, log: filepath.Join(dir, "server.log")}
	args := arguments(cfg, data, sock)
	ok, err := s.adopt(ctx, args)
	if err != nil || ok {
		return s, err
	}
	if err := clearStale(ctx, data); err != nil {
		return nil, err
	}
	if err := s.launch(ctx, acct, bin, args); err != nil {
		return nil, err
	}
	logger(cfg.Log).Debug("PostgreSQL started", "dir", dir, "pid", s.pm.pid, "version", bin.Full)
	return s, nil
}

// arguments is the server's command line. Everything is on it: PostgreSQL records it in postmaster.opts, which is
// how a later Start knows what a running server was given.
func arguments(cfg Config, data, sock string) []string {
	settings := map[string]string{
		"listen_addresses":        "",
		"port":                    strconv.Itoa(socketPort),
		"unix_socket_directories": sock,
		"logging_collector":       "off",
		"log_destination":         "stderr",
	}
	if cfg.Port != 0 {
		settings["listen_addresses"] = "127.0.0.1"
		settings["port"] = strconv.Itoa(cfg.Port)
	}
	if cfg.FastUnsafe {
		settings["fsync"] = "off"
		settings["synchronous_commit"] = "off"
		settings["full_page_writes"] = "off"
	}
	maps.Copy(settings, cfg.Settings)
	args := []string{"-D", data}
	for _, key := range slices.Sorted(maps.Keys(settings)) {
		args = append(args, "-c", key+"="+settings[key])
	}
	return args
}

// DSN is the connection URL of database db for role user over the unix socket, as pgx and libpq read it. It holds
// no password: the socket directory is closed to other accounts.
func (s *Server) DSN(db, user string) string {
	q := url.Values{"host": {s.pm.socketDir}, "port": {strconv.Itoa(s.pm.port)}, "sslmode": {"disable"}}
	u := url.URL{Scheme: "postgres", User: url.User(user), Path: "/" + db, RawQuery: q.Encode()}
	return u.String()
}

// PID is the process id of the postmaster.
func (s *Server) PID() int { return s.pm.pid }

// Dir is the cluster's directory, absolute and without links.
func (s *Server) Dir() string { return s.dir }

// SocketDir is the directory of the unix socket.
func (s *Server) SocketDir() string { return s.pm.socketDir }

// Port is the TCP port, and in any case the number in the socket's name.
func (s *Server) Port() int { return s.pm.port }

// LogPath is the file the server logs to.
func (s *Server) LogPath() string { return s.log }

// Adopted reports whether the server was already running when Start was called.
func (s *Server) Adopted() bool { return s.adopted }

// Stop stops the server and returns when its processes are gone, nil when it was gone already. A cluster that has
// been started anew by another process meanwhile is left alone.
func (s *Server) Stop(mode Mode) error {
	ctx, cancel := context.WithTimeout(context.Background(), stopLimit)
	defer cancel()
	unlock, err := lockFile(ctx, filepath.Join(s.dir, "lock"))
	if err != nil {
		return err
	}
	defer unlock()
	return stop(ctx, s.pm.pid, s.data, mode)
}

func stop(ctx context.Context, pid int, data string, mode Mode) error {
	if runs(pid, data) {
		if err := syscall.Kill(pid, syscall.Signal(mode)); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("localpg: stop server %d: %w", pid, err)
		}
	}
	if err := wait(ctx, func() bool { return !runs(pid, data) }); err != nil {
		return fmt.Errorf("localpg: server %d in %s does not stop: %w", pid, data, err)
	}
	return nil
}
