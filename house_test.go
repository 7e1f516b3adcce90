package koppel_test

import (
	"os"
	"testing"
)

// rooms says who may import whom. A package belongs to the row with the longest
// path above it; packages of one row may import each other. Adding a room is
// one line here.
var rooms = []room{
	{path: ".", may: nil},
	{path: "mapping", may: list(".")},
	{path: "clock", may: list(".")},
	{path: "connectors", may: list(". mapping connectors/rest connectors/*")},
	{path: "connectors/rest", may: list(".")},
	{path: "connectors/*", may: list(". connectors/rest")},
	{path: "migrations", may: list(".")},
	{path: "store", may: list(".")},
	{path: "store/localpg", may: nil},
	{path: "store/storetest", may: list(". store store/localpg migrations")},
	{path: "notify", may: list(". connectors/rest")},
	{path: "activities", may: list(". clock mapping connectors connectors/rest store notify")},
	{path: "workflows", may: list(". activities")},
	{path: "temporal", may: list(". clock activities workflows")},
	{path: "temporal/devserver", may: list(". temporal")},
	{path: "api", may: list(". clock mapping connectors store")},
	{path: "web", may: list(". mapping connectors store api client")}, // pages ask the API as everybody does
	{path: "client", may: list(".")},
	{path: "cmd", may: list(wiring)},
	{path: "cmd/koppel-dev", may: list(wiring + " cmd store/localpg store/storetest temporal/devserver fakes")},
	{path: "fakes", may: nil},
	{path: "bench", may: list(wiring + " cmd store/localpg store/storetest temporal/devserver fakes")},
	{path: "faults", may: list(wiring + " cmd store/localpg store/storetest temporal/devserver fakes faults/verify")},
	{path: "faults/verify", may: nil}, // shares no code with what it judges
}

// wiring is what a main program of the product may put together.
const wiring = ". clock mapping connectors connectors/rest connectors/* migrations store notify activities workflows temporal api web client"

// testsMay is what test files of every room but the root may import as well.
var testsMay = list("store/storetest store/localpg temporal/devserver fakes")

// modules says in which rooms a third-party module may be imported. A module
// without a row may be imported nowhere: argue for it in an ADR, then add it.
var modules = []module{
	{path: "go.temporal.io/sdk", in: list("activities workflows temporal temporal/devserver"), tests: true},
	{path: "go.temporal.io/api", in: list("activities workflows temporal temporal/devserver"), tests: true},
	{path: "go.temporal.io/server", in: list("temporal/devserver")},
	{path: "github.com/temporalio/ui-server/v2", in: list("temporal/devserver")},
	{path: "google.golang.org/protobuf", in: list("temporal temporal/devserver"), tests: true},
	{path: "google.golang.org/grpc", in: list("temporal temporal/devserver")},
	{path: "github.com/jackc/pgx/v5", in: list("migrations store store/storetest bench faults faults/verify"), tests: true},
	{path: "github.com/pressly/goose/v3", in: list("migrations")},
	{path: "github.com/riverqueue/river", in: list("store activities")},
	{path: "github.com/wneessen/go-mail", in: list("notify")},
	{path: "github.com/danielgtaylor/huma/v2", in: list("api")},
	{path: "github.com/expr-lang/expr", in: list("mapping")},
	{path: "github.com/hashicorp/go-retryablehttp", in: list("connectors/rest")},
	{path: "github.com/spf13/cobra", in: list("cmd cmd/koppel-dev")},
	{path: "github.com/shopspring/decimal", in: list(". " + anyRoom)},
	{path: "github.com/google/uuid", in: list(anyRoom)},
	{path: "github.com/goccy/go-yaml", in: list(anyRoom)},
	{path: "github.com/go-json-experiment/json", in: list(anyRoom)},
	{path: "github.com/klauspost/compress", in: list(anyRoom)},
	{path: "github.com/prometheus/client_golang", in: list(anyRoom)},
	{path: "golang.org/x/sync", in: list(anyRoom)},
	{path: "golang.org/x/time", in: list(anyRoom)},
	{path: "github.com/google/go-cmp", tests: true},
	{path: "github.com/chromedp/chromedp", tests: true},
	{path: "github.com/chromedp/cdproto", tests: true},
}

// rules are the checks of the house, each a function from the tree to complaints.
var rules = []struct {
	name  string
	check func(*tree) []string
}{
	{"imports", checkImports},
	{"package names", checkPackageNames},
	{"package comments", checkPackageComments},
	{"file sizes", checkFileSizes},
	{"doc comments", checkDocComments},
	{"linter switches", checkLinterSwitches},
	{"sleeps and skips", checkSleepsAndSkips},
	{"put off", checkPutOff},
	{"places", checkPlaces},
}

// TestHouse holds the rules of the house over every file of the repository.
func TestHouse(t *testing.T) {
	t.Parallel()
	tree, err := readTree(os.DirFS("."))
	if err != nil {
		t.Fatal(err)
	}
	if len(tree.goFiles) < 10 {
		t.Fatalf("found %d Go files: the house test no longer sees the repository", len(tree.goFiles))
	}
	for _, rule := range rules {
		t.Run(rule.name, func(t *testing.T) {
			t.Parallel()
			for _, complaint := range rule.check(tree) {
				t.Error(complaint)
			}
		})
	}
}
