package rest

import "cmp"

// ParentStream names the stream whose records are the parents of this one's,
// in whichever alternative; empty when there is none.
func (s *Stream) ParentStream() string {
	for _, one := range append([]*Stream{s}, s.alternatives()...) {
		if parent := cmp.Or(one.Each, one.parentStream()); parent != "" {
			return parent
		}
	}
	return ""
}

// ofParent names the parent that the records of a fan-out were read from.
func ofParent(records []Record, s *Stream, parent *ParentRecord) {
	if s.Each == "" || parent == nil {
		return
	}
	for i := range records {
		records[i].ParentID = parent.ID
	}
}
