package workflows

import (
	"testing"
	"time"

	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/activities"
)

// waits runs a patience against a list of failures in a workflow's own time.
func waits(t *testing.T, durations koppel.Durations, failures []*activities.Failure, progressAfter int) []time.Duration {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestWorkflowEnvironment()
	env.ExecuteWorkflow(func(ctx workflow.Context) ([]time.Duration, error) {
		p := patience{durations: durations}
		var out []time.Duration
		for i, f := range failures {
			if i == progressAfter {
				p.progress()
			}
			wait, again := p.next(ctx, f)
			if !again {
				return append(out, -1), nil
			}
			out = append(out, wait)
			if err := workflow.Sleep(ctx, wait); err != nil {
				return nil, err
			}
		}
		return out, nil
	})
	if err := env.GetWorkflowError(); err != nil {
		t.Fatal(err)
	}
	var out []time.Duration
	if err := env.GetWorkflowResult(&out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestPatience(t *testing.T) {
	t.Parallel()
	d := koppel.Durations{RetryFirst: time.Second, RetryMost: 8 * time.Second, RetryFor: time.Minute}
	down := &activities.Failure{Kind: koppel.KindRemoteUnavailable}
	repeat := func(f *activities.Failure, n int) (out []*activities.Failure) {
		for range n {
			out = append(out, f)
		}
		return out
	}
	for _, tc := range []struct {
		name     string
		failures []*activities.Failure
		progress int
		want     []time.Duration
	}{
		{"grows to its bound", repeat(down, 6), -1, []time.Duration{1e9, 2e9, 4e9, 8e9, 8e9, 8e9}},
		{"starts anew with progress", repeat(down, 4), 2, []time.Duration{1e9, 2e9, 1e9, 2e9}},
		{"obeys the remote", []*activities.Failure{{Kind: koppel.KindRateLimited, Wait: 30 * time.Second}}, -1, []time.Duration{30e9}},
		{"gives up on what cannot pass", []*activities.Failure{{Kind: koppel.KindAuth}}, -1, []time.Duration{-1}},
		{"ends after RetryFor", repeat(down, 12), -1, []time.Duration{1e9, 2e9, 4e9, 8e9, 8e9, 8e9, 8e9, 8e9, 8e9, 8e9, -1}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got := waits(t, d, tc.failures, tc.progress)
			if len(got) != len(tc.want) {
				t.Fatalf("waits %v, want %v", got, tc.want)
			}
			for i := range got {
				if got[i] != tc.want[i] {
					t.Errorf("wait %d is %v, want %v", i, got[i], tc.want[i])
				}
			}
		})
	}
}
