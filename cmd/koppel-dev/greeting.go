package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/koppel-io/koppel/client"
)

// saveProfile writes the profile file with which the koppel command speaks to this platform.
func (h *home) saveProfile(base string) error {
	return writeFile(h.path(profileFile), fmt.Appendf(nil,
		"# For the command line: koppel --profile %s\nprofile: dev\nprofiles:\n  dev: { url: %q, key_file: %q }\n",
		short(h.path(profileFile)), base, h.path(keyFile)))
}

// greeting says where everything is and what to try.
func greeting(h *home, u urls, coupling client.Coupling, counts objectCounts) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\nThe demo shop is %s: %d products and %d sell orders are in Koppel.\n\n", coupling.State, counts.products, counts.sellOrders)
	fmt.Fprintf(&b, "  Pages        %s  (sign in with the key %s)\n", u.API, keyName)
	b.WriteString(u.lines())
	fmt.Fprintf(&b, "  API key      in %s\n  Log          %s\n\n", short(h.path(keyFile)), short(h.path(logFile)))
	koppel := koppelCommand() + " --profile " + short(h.path(profileFile))
	fmt.Fprintf(&b, "Try in another terminal:\n  %s coupling list\n  %s sync %s products --mode since --wait\n  %s object list products --limit 5\n",
		koppel, koppel, coupling.ID, koppel)
	fmt.Fprintf(&b, "Change the demo shop, to see that arrive:\n  curl -d '{\"count\": 100, \"orders\": 5}' %s/_demo/mutate\n", u.DemoShop)
	b.WriteString("\nCtrl-C stops; the next start goes on here.\n")
	return b.String()
}

// koppelCommand is how the command line is called from here: as built by make build, beside this program, or by go run.
func koppelCommand() string {
	candidates := []string{filepath.Join("bin", "koppel")}
	if exe, err := os.Executable(); err == nil {
		candidates = append(candidates, filepath.Join(filepath.Dir(exe), "koppel"))
	}
	for _, path := range candidates {
		if info, err := os.Stat(path); err == nil && !info.IsDir() {
			return short(path)
		}
	}
	return "go run ./cmd/koppel"
}

// short is a path as seen from here, when that is shorter.
func short(path string) string {
	abs, err := filepath.Abs(path)
	if err != nil {
		return path
	}
	wd, err := os.Getwd()
	if err != nil {
		return abs
	}
	if rel, err := filepath.Rel(wd, abs); err == nil && len(rel) < len(abs) {
		return rel
	}
	return abs
}
