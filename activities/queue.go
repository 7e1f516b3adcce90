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
	case koppel.ModeSingle, koppel.ModeReplay:
		return QueueInteractive
	case koppel.ModeSince, koppel.ModeWindow:
		return QueueIncremental
	case koppel.ModePush:
		return QueuePush
	default:
		return QueueBackfill
	}
}
