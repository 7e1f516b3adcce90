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
	whole.Records, whole.Whole = 250, true
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

		usual    store.Band
		compared store.Compared
	}{
		{"whole", koppel.ModeFull, whole, 0, Finish{}, koppel.RunSucceeded, true, "", store.Band{}, store.Compared{}},
		{"whole with parked", koppel.ModeFull, whole, 3, Finish{}, koppel.RunSucceededWithParked, true, "", store.Band{}, store.Compared{}},
		{"window leaves the cursor", koppel.ModeWindow, whole, 0, Finish{}, koppel.RunSucceeded, false, "", store.Band{}, store.Compared{}},
		{"no end", koppel.ModeSince, cut, 0, Finish{}, koppel.RunSuspect, false, "the end of the stream was not reached", store.Band{}, store.Compared{}},
		{"short of the total", koppel.ModeFull, short, 0, Finish{}, koppel.RunSuspect, false, "the remote counts 250 records, 249 were read", store.Band{}, store.Compared{}},
		{"replay needs no end", koppel.ModeReplay, cut, 0, Finish{}, koppel.RunSucceeded, false, "", store.Band{}, store.Compared{}},
		{"cancelled", koppel.ModeFull, whole, 0, Finish{Cancelled: true}, koppel.RunCancelled, false, "", store.Band{}, store.Compared{}},
		{"failed", koppel.ModeFull, cut, 0, Finish{Failure: &Failure{Kind: koppel.KindAuth, Detail: "401"}}, koppel.RunFailed, false, "the end of the stream was not reached", store.Band{}, store.Compared{}},
		{"far below what is usual", koppel.ModeFull, whole, 0, Finish{}, koppel.RunSuspect, false, "250 records were read, the last 3 complete reads counted 400 to 450", store.Band{Scans: 3, Low: 400, High: 450}, store.Compared{}},
		{"far above what is usual", koppel.ModeFull, whole, 0, Finish{}, koppel.RunSuspect, false, "250 records were read, the last 9 complete reads counted 40 to 50", store.Band{Scans: 9, Low: 40, High: 50}, store.Compared{}},
		{"nothing is usual yet", koppel.ModeFull, whole, 0, Finish{}, koppel.RunSucceeded, true, "", store.Band{Scans: 2, Low: 400, High: 450}, store.Compared{}},
		{"within what is usual", koppel.ModeFull, whole, 0, Finish{}, koppel.RunSucceeded, true, "", store.Band{Scans: 3, Low: 200, High: 300}, store.Compared{}},
		{"unlisted records", koppel.ModeFull, whole, 0, Finish{}, koppel.RunSuspect, false, "the remote did not list 30 records that it has: of 40 that were not listed, 31 were asked for singly", store.Band{}, store.Compared{Missing: 40, Asked: 31, Unlisted: 30}},
		{"a few unlisted records", koppel.ModeFull, whole, 0, Finish{}, koppel.RunSucceeded, true, "", store.Band{}, store.Compared{Missing: 40, Asked: 40, Unlisted: 10}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			run := store.Run{Mode: tc.mode, UUID: "run", CouplingUUID: "coupling"}
			run.Parked = tc.parked
			shown := []koppel.Evidence{evidenceOf(run, tc.scan, tc.usual, tc.compared)}
			end, err := verdict(run, []store.Scan{tc.scan}, shown, tc.finish)
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
