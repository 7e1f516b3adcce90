package standin

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestLedgerCountsAllAndKeepsTheLast(t *testing.T) {
	t.Parallel()
	var l Ledger
	if got := l.Recent(); got == nil || len(got) != 0 {
		t.Errorf("an empty ledger keeps %v", got)
	}
	const n = keptRequests + 3
	for i := range n {
		r := Request{At: time.Unix(int64(i), 0), URL: fmt.Sprintf("/%d", i), Counted: Counted{Method: "GET", Path: "/{id}", Status: 200}}
		if i%2 == 1 {
			r.Status, r.Fault = 500, "error_before"
		}
		l.Note(r)
	}
	want := Summary{Requests: n, Faults: map[string]int64{"error_before": n / 2}, Counts: []Count{
		{Counted{Method: "GET", Path: "/{id}", Status: 200}, n - n/2},
		{Counted{Method: "GET", Path: "/{id}", Status: 500, Fault: "error_before"}, n / 2},
	}}
	if diff := cmp.Diff(want, l.Summary()); diff != "" {
		t.Error(diff)
	}
	recent := l.Recent()
	if len(recent) != keptRequests || recent[0].URL != "/3" || recent[keptRequests-1].URL != fmt.Sprintf("/%d", n-1) {
		t.Errorf("%d requests are kept, from %s to %s", len(recent), recent[0].URL, recent[len(recent)-1].URL)
	}
}
