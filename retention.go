package koppel

// RetentionKind is a kind of data that is kept for some time and then deleted.
type RetentionKind string

// The kinds of data with a retention.
const (
	RetainRecords   RetentionKind = "records"
	RetainExchanges RetentionKind = "exchanges"
	RetainTimeline  RetentionKind = "timeline"
	RetainChanges   RetentionKind = "changes"
	RetainInbox     RetentionKind = "inbox"
	RetainAudit     RetentionKind = "audit"
	RetainOutbox    RetentionKind = "outbox"
)

// Retention says how long a kind of data is kept, in days.
type Retention struct {
	Kind RetentionKind
	// Default holds where nobody said otherwise; Least is the shortest that may be set.
	Default, Least int
	// Doc says what is kept.
	Doc string
}

// RetentionMost is the longest time that may be set, in days.
const RetentionMost = 3650

// Retentions lists the kinds of data with a retention.
func Retentions() []Retention {
	return []Retention{
		{RetainRecords, 90, 1, "remote bodies of records that are gone, counted from when they went"},
		{RetainExchanges, 14, 1, "captured requests and answers that failed"},
		{RetainTimeline, 60, 7, "what happened in a run"},
		{RetainChanges, 30, 7, "the change feed"},
		{RetainInbox, 14, 3, "webhooks as they came in"},
		{RetainAudit, 730, 30, "who changed what"},
		{RetainOutbox, 365, 30, "writes to remotes that were sent, but for the last one of each object"},
	}
}

// RetentionOf finds a kind.
func RetentionOf(kind RetentionKind) (Retention, bool) {
	for _, r := range Retentions() {
		if r.Kind == kind {
			return r, true
		}
	}
	return Retention{}, false
}
