package localpg

import (
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// postmaster is what a running server says of itself in postmaster.pid (src/include/utils/pidfile.h).
type postmaster struct {
	pid       int
	port      int
	socketDir string
	status    string // starting, stopping, ready, standby
}

// readPostmaster reads the pid file of a data directory; ok is false when there is none or it is cut short.
func readPostmaster(data string) (p postmaster, ok bool) {
	b, err := os.ReadFile(filepath.Join(data, "postmaster.pid"))
	if err != nil {
		return p, false
	}
	lines := strings.Split(string(b), "\n")
	if p.pid, err = strconv.Atoi(strings.TrimSpace(lines[0])); err != nil || p.pid <= 1 {
		return p, false
	}
	if len(lines) > 4 {
		p.port, _ = strconv.Atoi(strings.TrimSpace(lines[3]))
		p.socketDir = strings.TrimSpace(lines[4])
	}
	if len(lines) > 7 {
		p.status = strings.TrimSpace(lines[7])
	}
	return p, true
}

func (p postmaster) socket() string {
	return filepath.Join(p.socketDir, ".s.PGSQL."+strconv.Itoa(p.port))
}

// answers reports whether the server accepts sessions: it says it is ready and a process of it replies to an
// SSLRequest (PostgreSQL message formats, code 80877103).
func (p postmaster) answers() bool {
	if p.status != "ready" {
		return false
	}
	conn, err := net.DialTimeout("unix", p.socket(), time.Second)
	if err != nil {
		return false
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(2 * time.Second)); err != nil {
		return false
	}
	if _, err := conn.Write([]byte{0, 0, 0, 8, 4, 210, 22, 47}); err != nil {
		return false
	}
	reply := make([]byte, 1)
	_, err = io.ReadFull(conn, reply)
	return err == nil && (reply[0] == 'N' || reply[0] == 'S')
}

// runs reports whether pid is a live server process of data. Every PostgreSQL process works in its data
// directory, so where /proc exists a process number that was given to another program, or a dead process that
// nobody has reaped, is not mistaken for the server.
func runs(pid int, data string) bool {
	if !hasProc() {
		err := syscall.Kill(pid, 0)
		return err == nil || errors.Is(err, syscall.EPERM)
	}
	cwd, err := os.Readlink("/proc/" + strconv.Itoa(pid) + "/cwd")
	return err == nil && cwd == data
}

func hasProc() bool {
	_, err := os.Readlink("/proc/self/cwd")
	return err == nil
}

// inhabited reports whether any process works in data: a postmaster, or a session that outlives a killed one. It
// knows only where /proc exists; elsewhere PostgreSQL's own check of the shared memory has to do.
func inhabited(data string) bool {
	procs, err := os.ReadDir("/proc")
	if err != nil {
		return false
	}
	for _, p := range procs {
		if pid, err := strconv.Atoi(p.Name()); err == nil && pid != os.Getpid() && runs(pid, data) {
			return true
		}
	}
	return false
}
