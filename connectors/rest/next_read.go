package rest

import (
	"fmt"
	"time"
)

// NextRead is what the next incremental read of a stream asks for.
type NextRead struct {
	// From is the lower bound, overlap already taken off; zero when there is none.
	From time.Time
	// After is the key that it goes on from; "" when there is none.
	After string
	// Detail says it in words.
	Detail string
}

// NextRead says what an incremental read would ask for at now, with a time cursor (zero for none) or a key ("" for
// none). A look_back, which only a coupling's settings tell, may go back further.
func (s *Stream) NextRead(at time.Time, key string, now time.Time) NextRead {
	since, note := s.remembered(at, now)
	switch {
	case s.Since == nil && s.ParentStream() != "":
		return NextRead{Detail: "the rows of the " + s.ParentStream() + " that are read"}
	case s.Since == nil:
		return NextRead{Detail: "everything: the remote tells no changes"}
	case note != "":
		return NextRead{After: s.Since.First, Detail: fmt.Sprintf("everything: the remote tells changes of %s only", days(s.Since.Retention))}
	case s.byKey() && key == "":
		return NextRead{After: s.Since.First, Detail: "everything: there is no cursor"}
	case s.byKey():
		return NextRead{After: key, Detail: "what follows " + s.Since.Keyset + " " + key}
	case since.IsZero():
		return NextRead{Detail: "everything: there is no cursor"}
	}
	next := NextRead{From: since.Add(-s.Since.Overlap).UTC()}
	next.Detail = "what changed since " + next.From.Format(time.RFC3339)
	if s.Since.By == "creation" {
		next.Detail = "what was made since " + next.From.Format(time.RFC3339)
	}
	if s.Since.Overlap > 0 {
		next.Detail += ", the cursor less " + days(s.Since.Overlap)
	}
	if s.Since.LookBack != nil {
		next.Detail += ", or further back as look_back says"
	}
	return next
}

// ByKey reports whether the cursor of the stream is a key and not a time.
func (s *Stream) ByKey() bool { return s.byKey() }

// CheckKey says what is wrong with a text as a key to go on from.
func (s *Stream) CheckKey(key string) error {
	if !wholeNumber(key) {
		return fmt.Errorf("%q is no key: keys are whole numbers, such as 1042", key)
	}
	return nil
}
