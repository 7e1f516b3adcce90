package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/koppel-io/koppel/fakes/demoshop"
	"github.com/koppel-io/koppel/store/localpg"
)

// root is the repository's root as seen from this package.
const root = "../.."

// The commands of README.md do what it says: they run in order, in one shell, against a platform of their own.
func TestReadmeCommandsRun(t *testing.T) {
	t.Parallel()
	wd := t.TempDir()
	buildKoppel(t, filepath.Join(wd, "bin", "koppel"))
	if err := os.CopyFS(filepath.Join(wd, "connectors"), os.DirFS(filepath.Join(root, "connectors"))); err != nil {
		t.Fatal(err)
	}
	dev := startDev(t, filepath.Join(wd, ".koppel"), "--products", "300", "--orders", "60")
	script := readmeScript(t, map[string]string{
		"http://127.0.0.1:8080": dev.API, "http://127.0.0.1:8090": dev.DemoShop,
		"https://shop.example.com": dev.DemoShop, "ck_0123456789": shopKey, "cs_0123456789": shopSecret,
	})
	ctx, cancel := context.WithTimeout(t.Context(), 3*patience) // some forty commands
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "-c", script)
	cmd.Dir = wd
	cmd.Env = []string{"PATH=" + provideCurl(t) + string(filepath.ListSeparator) + os.Getenv("PATH"), "HOME=" + wd}
	said, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, lastOf(string(said), 6000))
	}
	wantStory(t, dev, string(said))
}

// wantStory checks that what README tells happened.
func wantStory(t *testing.T, dev urls, said string) {
	t.Helper()
	for _, want := range []string{"succeeded_with_parked", "who must act: the customer", "needs_reauth", "EVIDENCE OF", "is good: products, sell_orders"} {
		if !strings.Contains(said, want) {
			t.Errorf("the commands of README.md say nothing of %q:\n%s", want, said)
		}
	}
	res, err := http.Get(dev.DemoShop + "/_demo/ledger?kind=purchase_orders")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var ledger []demoshop.OrderedReference
	if err := json.NewDecoder(res.Body).Decode(&ledger); err != nil || len(ledger) != 1 || len(ledger[0].IDs) != 1 {
		t.Errorf("the shop's ledger is %+v (%v), want the one order of README.md", ledger, err)
	}
}

func buildKoppel(t *testing.T, to string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", to, "./cmd/koppel")
	cmd.Dir = root
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build koppel: %v\n%s", err, said)
	}
}

// startDev runs koppel-dev in dir on free ports, as a person would, until the test ends; it returns once it has
// greeted.
func startDev(t *testing.T, dir string, flags ...string) urls {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	out := &greeted{seen: make(chan struct{})}
	args := append([]string{"--dir", dir, "--api-port", "0", "--temporal-port", "0", "--ui-port", "0", "--shop-port", "0"}, flags...)
	ended := make(chan int, 1)
	go func() { ended <- run(ctx, args, terminal{in: strings.NewReader(""), out: out, err: out}) }()
	t.Cleanup(func() {
		cancel()
		if code := <-ended; code != 0 {
			t.Errorf("koppel-dev ended with exit code %d", code)
		}
		if err := localpg.Remove(filepath.Join(dir, postgresDir)); err != nil {
			t.Error(err)
		}
	})
	wait, stop := context.WithTimeout(t.Context(), patience)
	defer stop()
	select {
	case <-out.seen:
	case code := <-ended:
		ended <- code
		t.Fatalf("koppel-dev ended with exit code %d", code)
	case <-wait.Done():
		t.Fatal("koppel-dev did not greet in time")
	}
	var by occupant
	text, err := os.ReadFile(filepath.Join(dir, pidFile))
	if err == nil {
		err = json.Unmarshal(text, &by)
	}
	if err != nil || by.URLs == nil {
		t.Fatalf("the pid file says %s (%v), want the addresses", text, err)
	}
	return *by.URLs
}

// greeted closes seen when the last line of the greeting is written.
type greeted struct {
	mu   sync.Mutex
	text bytes.Buffer
	seen chan struct{}
	once bool
}

func (g *greeted) Write(p []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.text.Write(p)
	if !g.once && strings.Contains(g.text.String(), "Ctrl-C stops") {
		g.once = true
		close(g.seen)
	}
	return len(p), nil
}

// exitComment is how README.md says that a command ends otherwise than with 0.
var exitComment = regexp.MustCompile(`^(.*\S)\s+# exit code (\d+)$`)

// readmeScript makes one script of the blocks marked sh. Commands of make are left out: the platform runs already and
// the program is built; house tests hold their targets.
func readmeScript(t *testing.T, addresses map[string]string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	script := &strings.Builder{}
	script.WriteString("set -Eeuo pipefail\ntrap 'echo \"failed: $BASH_COMMAND\" >&2' ERR\n")
	inside, commands := false, 0
	for n, line := range strings.Split(string(text), "\n") {
		switch found := exitComment.FindStringSubmatch(line); {
		case strings.HasPrefix(line, "```"):
			inside = line == "```sh"
		case !inside || strings.HasPrefix(line, "make "):
		case found != nil:
			commands++
			fmt.Fprintf(script, "code=0; { %s; } || code=$?\n[ $code = %s ] || { echo \"README.md:%d: exit code $code, want %s\" >&2; exit 1; }\n", found[1], found[2], n+1, found[2])
		default:
			commands++
			script.WriteString(line + "\n")
		}
	}
	if commands < 20 {
		t.Fatalf("README.md has %d commands in blocks marked sh: the test no longer sees them", commands)
	}
	made := script.String()
	for from, to := range addresses {
		if !strings.Contains(made, from) {
			t.Errorf("README.md no longer names %s", from)
		}
		made = strings.ReplaceAll(made, from, to)
	}
	return made
}
