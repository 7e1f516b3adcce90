package exact

import (
	"net/http"

	"github.com/koppel-io/koppel/fakes/mischief"
)

// thin leaves out the rows that a fault hides.
func thin(kind FaultKind, rows []*row) []*row {
	keep := 1
	switch kind {
	case EmptyScan:
		return nil
	case TenthScan:
		keep = 10
	}
	var kept []*row
	for i := 0; i < len(rows); i += keep {
		kept = append(kept, rows[i])
	}
	return kept
}

// serverError is a plain error for most statuses, a page for people while the
// site is maintained.
func serverError(status int) answer {
	switch status {
	case http.StatusServiceUnavailable:
		return htmlPage(status, "Exact Online is being maintained")
	case 0:
		status = http.StatusInternalServerError
	}
	return failure(status, http.StatusText(status))
}

// spoil answers what was done already, badly.
func (s *Site) spoil(w http.ResponseWriter, c *call, a answer) {
	f := c.fault.Rule
	count := func(status int) { s.note(c, status, a.effect) }
	switch f.Kind {
	case ErrorAfter:
		bad := serverError(f.Status)
		count(bad.status)
		bad.write(w)
	case HangAfter:
		count(0)
		mischief.Hang(c.r, s.closed, f)
	case Truncate:
		count(a.status)
		mischief.Cut(w, f, a.body, func(w http.ResponseWriter, body []byte) {
			a.body = body
			a.write(w)
		})
	default:
		a.body = mischief.Garble(a.body, `{"__metadata":`, "Notes")
		count(a.status)
		a.write(w)
	}
}
