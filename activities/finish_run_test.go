package activities

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

func TestVerdictIsEarned(t *testing.T) {
	t.Parallel()
	began := time.Date(2026, 1, 31, 10, 0, 0, 0, time.UTC)
	whole := store.Scan{Stream: "products", StartedAt: began, EndRule: "page ≥ X-WP-TotalPages", Complete: true, Total: 250}
	whole.Records = 250
	cut := whole
	cut.EndRule, cut.Complete = "", false
	short := whole
	short.Records = 249
	for _, tc := range []struct {
		name    string
		mode    koppel.Mode
		scan    store.Scan
		parked  int64
		finish  Finish
		want    koppel.RunState
		cursor  bool
		missing string
	}{
		{"whole", koppel.ModeFull, whole, 0, Finish{}, koppel.RunSucceeded, true, ""},
		{"whole with parked", koppel.ModeFull, whole, 3, Finish{}, koppel.RunSucceededWithParked, true, ""},
		{"window leaves the cursor", koppel.ModeWindow, whole, 0, Finish{}, koppel.RunSucceeded, false, ""},
		{"no end", koppel.ModeSince, cut, 0, Finish{}, koppel.RunSuspect, false, "the end of the stream was not reached"},
		{"short of the total", koppel.ModeFull, short, 0, Finish{}, koppel.RunSuspect, false, "the remote counts 250 records, 249 were read"},
		{"replay needs no end", koppel.ModeReplay, cut, 0, Finish{}, koppel.RunSucceeded, false, ""},
		{"cancelled", koppel.ModeFull, whole, 0, Finish{Cancelled: true}, koppel.RunCancelled, false, ""},
		{"failed", koppel.ModeFull, cut, 0, Finish{Failure: &Failure{Kind: koppel.KindAuth, Detail: "401"}}, koppel.RunFailed, false, "the end of the stream was not reached"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			run := store.Run{Mode: tc.mode, UUID: "run", CouplingUUID: "coupling"}
			run.Parked = tc.parked
			end, err := verdict(run, []store.Scan{tc.scan}, tc.finish)
			if err != nil {
				t.Fatal(err)
			}
			if end.State != tc.want {
				t.Errorf("state %s, want %s", end.State, tc.want)
			}
			if got := end.Evidence[0].Missing; got != tc.missing {
				t.Errorf("missing %q, want %q", got, tc.missing)
			}
			want := map[string]time.Time(nil)
			if tc.cursor {
				want = map[string]time.Time{"products": began}
			}
			if diff := cmp.Diff(want, end.Cursors); diff != "" {
				t.Errorf("cursors differ:\n%s", diff)
			}
			if (end.Error != nil) != (tc.want == koppel.RunFailed) {
				t.Errorf("error %v with state %s", end.Error, end.State)
			}
		})
	}
}

func TestKeepDoneChecksCredentialsAgain(t *testing.T) {
	t.Parallel()
	fresh := []koppel.Step{{Name: StepCredentials, State: koppel.StepPending}, {Name: "products", State: koppel.StepPending}, {Name: "sell_orders", State: koppel.StepPending}}
	earlier := []koppel.Step{{Name: StepCredentials, State: koppel.StepDone}, {Name: "products", State: koppel.StepDone, RunID: "r1"}, {Name: "sell_orders", State: koppel.StepFailed}}
	want := []koppel.Step{{Name: StepCredentials, State: koppel.StepPending}, {Name: "products", State: koppel.StepDone, RunID: "r1"}, {Name: "sell_orders", State: koppel.StepPending}}
	if diff := cmp.Diff(want, keepDone(fresh, earlier)); diff != "" {
		t.Errorf("steps differ:\n%s", diff)
	}
}
