package workflows

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/koppel-io/koppel"
)

// recorded are the stories that testdata holds: real histories of a running
// platform. To record them anew:
//
//	go test ./cmd/koppel-dev -run Histories -args -update
//
// A history of released code is never replaced: a change that no longer
// replays it needs a gate in versions.go.
var recorded = []string{
	"activate_failed", "activate_resumed", "pull_full", "pull_glanced", "pull_hands_over", "pull_taken_over", "pull_many_slices", "pull_goes_on",
	"pull_held", "pull_cancelled", "push_unknown_then_found", "push_due", "close_disabled", "close_removed", "tick", "sweep",
}

// Durations feed timers and options; histories were recorded with others than each of these.
func durations() map[string]koppel.Durations {
	short := koppel.DefaultDurations()
	short.Heartbeat, short.SliceTimeout = time.Second, time.Minute
	short.RetryFirst, short.RetryMost, short.RetryFor = time.Millisecond, time.Millisecond, time.Nanosecond
	long := koppel.DefaultDurations()
	long.RetryFirst, long.RetryMost, long.RetryFor = time.Hour, 24*time.Hour, 1000*time.Hour
	return map[string]koppel.Durations{"production": koppel.DefaultDurations(), "short": short, "long": long}
}

func TestRecordedHistoriesReplay(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.json")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != len(recorded) {
		t.Errorf("testdata holds %d histories, recorded names %d: %v", len(files), len(recorded), files)
	}
	for name, d := range durations() {
		for _, story := range recorded {
			t.Run(name+"/"+story, func(t *testing.T) {
				t.Parallel()
				replayer := worker.NewWorkflowReplayer()
				New(d).Register(replayer)
				if err := replayer.ReplayWorkflowHistoryFromJSONFile(nil, filepath.Join("testdata", story+".json")); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

// A changed workflow is noticed: the test above can fail.
func TestAnotherWorkflowDoesNotReplay(t *testing.T) {
	t.Parallel()
	for _, story := range recorded {
		t.Run(story, func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(filepath.Join("testdata", story+".json"))
			if err != nil {
				t.Fatal(err)
			}
			name, _, _ := strings.Cut(story, "_")
			if !strings.Contains(string(text), `"workflowType":{"name":"`+name+`"}`) {
				t.Fatalf("%s holds no workflow of type %s", story, name)
			}
			replayer := worker.NewWorkflowReplayer()
			other := func(ctx workflow.Context, _ map[string]any) error { return workflow.Sleep(ctx, time.Second) }
			replayer.RegisterWorkflowWithOptions(other, workflow.RegisterOptions{Name: name})
			quiet := sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler))
			if err := replayer.ReplayWorkflowHistoryFromJSONFile(quiet, filepath.Join("testdata", story+".json")); err == nil {
				t.Error("a workflow that only sleeps replays it")
			}
		})
	}
}
