package activities

import "github.com/koppel-io/koppel"

// The task queues, one per cost class, so that a webshop's first load cannot
// stand in the way of a click or a purchase order.
const (
	QueueInteractive = "koppel-interactive"
	QueueIncremental = "koppel-incremental"
	QueueBackfill    = "koppel-backfill"
	QueuePush        = "koppel-push"
)

// Queues returns every task queue.
func Queues() []string {
	return []string{QueueInteractive, QueueIncremental, QueueBackfill, QueuePush}
}

// QueueOf is the task queue of a run's cost class.
func QueueOf(mode koppel.Mode) string {
	switch mode {
	case koppel.ModeSingle, koppel.ModeReplay, koppel.ModeCompare:
		return QueueInteractive
	case koppel.ModeSince, koppel.ModeWindow:
		return QueueIncremental
	case koppel.ModePush:
		return QueuePush
	default:
		return QueueBackfill
	}
}

// The urgency of a run among those of its queue: what somebody waits for goes
// before what a clock starts, and that before what fills in the past.
const (
	urgencyPerson = 1 + iota
	urgencyEvent
	urgencyClock
	urgencyBulk
)

// Urgency is a run's priority in its task queue; 1 goes first.
func Urgency(mode koppel.Mode, trigger koppel.Trigger) int {
	switch {
	case mode == koppel.ModeHistory:
		return urgencyBulk
	case trigger == koppel.TriggerManual || trigger == koppel.TriggerActivation:
		return urgencyPerson
	case trigger == koppel.TriggerWebhook || trigger == koppel.TriggerDependency:
		return urgencyEvent
	default:
		return urgencyClock
	}
}
