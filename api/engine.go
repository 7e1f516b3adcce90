package api

import (
	"context"
	"encoding/json"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/connectors"
	"github.com/koppel-io/koppel/store"
)

// Engine is what the API asks of Temporal; cmd wires it.
type Engine interface {
	// StartRun starts the workflow of an opened run; one that runs already is no error.
	StartRun(ctx context.Context, run store.Run) error
	// Activate starts the activation of a coupling, or leaves the running one alone.
	Activate(ctx context.Context, coupling store.Coupling) error
	// Close starts the disabling or removal of a coupling, or leaves the running one alone.
	Close(ctx context.Context, coupling store.Coupling) error
	// Cancel asks a workflow to end; one that does not run is no error.
	Cancel(ctx context.Context, workflowID string) error
	// Sweep asks for a sweep now, which makes Temporal agree with what was just committed.
	Sweep(ctx context.Context) error
	// Ping checks that the cluster answers.
	Ping(ctx context.Context) error
}

// Account is one remote account as a coupling would use it.
type Account struct {
	// Webshop is the inner id, for what the check keeps of a failed exchange.
	Webshop int64
	// Connector is the version the coupling runs with.
	Connector *connectors.Connector
	// Key is the credential's outside id, by which budgets are shared.
	Key string
	// Account is the opened credential; the zero Account where there is none.
	store.Account
	// Settings with their defaults.
	Settings map[string]any
}

// CheckAccount tries an account at its remote and gives the remote's version
// ("" where the connector detects none). The error says what the remote refused.
type CheckAccount func(ctx context.Context, account Account) (version string, err error)

// PreviewPush tells, as JSON, which requests a push of the object would send
// now, redacted, and how they differ from what the remote has. It only reads
// from the remote.
type PreviewPush func(ctx context.Context, account Account, object koppel.Object, operation string, order store.PushedOrder) (json.RawMessage, error)

// HookKeys fetches the public keys with which a remote signs its webhooks, by name.
type HookKeys func(ctx context.Context, account Account) (map[string]string, error)
