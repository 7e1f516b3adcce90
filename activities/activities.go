package activities

import (
	"log/slog"
	"sync/atomic"

	"golang.org/x/sync/semaphore"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/connectors"
	"github.com/koppel-io/koppel/connectors/rest"
	"github.com/koppel-io/koppel/notify"
	"github.com/koppel-io/koppel/store"
)

// Activities holds what activities work with. Its exported methods are the
// activities, one a file.
type Activities struct {
	// Store is opened as the engine role, with the keyset that opens credentials.
	Store *store.DB
	// Connectors are the compiled versions.
	Connectors *connectors.Cache
	// Transport carries everything outbound.
	Transport *rest.Transport
	// Engine is Temporal.
	Engine Engine
	// Durations of the installation.
	Durations koppel.Durations
	// Memory bounds the bytes of pages that all slices of the process hold.
	Memory *Memory
	// Shares of the process's bulk slices, by webshop; nil lets each read as long as it may.
	Shares *Shares
	// Holder names this process in leases.
	Holder string
	// Notifier sends notices.
	Notifier *notify.Notifier
	// PublicURL is the server's address as remotes reach it, for webhooks; none
	// are subscribed to when it is empty.
	PublicURL string
	// ToldUpTo is the webshop up to which the last sweep told of inboxes, where it
	// did not come to the end; nil begins each time with the first.
	ToldUpTo *atomic.Int64
	Log      *slog.Logger
}

// Memory is the one byte budget of a process.
type Memory struct {
	sem  *semaphore.Weighted
	most int64
}

// NewMemory returns a budget of so many bytes; 64 MiB when it is not positive.
func NewMemory(bytes int64) *Memory {
	if bytes <= 0 {
		bytes = 64 << 20
	}
	return &Memory{sem: semaphore.NewWeighted(bytes), most: bytes}
}
