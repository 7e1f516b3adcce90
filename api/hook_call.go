package api

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/connectors"
	"github.com/koppel-io/koppel/store"
)

// callLimit is the largest body of a webhook's call, in bytes.
const callLimit = 2 << 20

// callsAtOnce bounds the calls that are read and verified beside each other.
const callsAtOnce = 256

// hookPath is the path that remotes call. Its token is kept out of logs.
const hookPath = "/hooks/{token}"

// takeCall answers a remote's call: it is verified over its raw body, stored
// once with the job that works it off, and answered 200 when that is durable.
func (s *server) takeCall(w http.ResponseWriter, r *http.Request) {
	select {
	case s.calls.slots <- struct{}{}:
		defer func() { <-s.calls.slots }()
	default:
		w.Header().Set("Retry-After", "1")
		writeProblem(w, newProblem(http.StatusServiceUnavailable, "too many calls at once; send it again"))
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, callLimit))
	if err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			writeProblem(w, newProblem(http.StatusRequestEntityTooLarge, "a call has at most 2 MiB"))
			return
		}
		writeProblem(w, newProblem(http.StatusBadRequest, "the body broke off"))
		return
	}
	call := &connectors.Call{Method: r.Method, Header: r.Header, Query: r.URL.Query(), Body: body}
	answer, err := s.receive(r.Context(), r.PathValue("token"), call)
	if err != nil {
		writeProblem(w, s.problemOf(r.Context(), err))
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(w, answer)
}

// receive takes one call and gives the body of the answer.
func (s *server) receive(ctx context.Context, token string, call *connectors.Call) (answer string, err error) {
	hook, err := s.calls.find(ctx, s, token)
	if err != nil {
		return "", err
	}
	answer, ping, err := hook.receiver.Ping(call)
	if err != nil || ping {
		return answer, err
	}
	if call.Method == http.MethodGet {
		return "", newProblem(http.StatusMethodNotAllowed, "webhooks are sent by POST or PUT")
	}
	event, err := hook.verified(ctx, s, call)
	if err != nil {
		if kind := koppel.KindOf(err); kind == koppel.KindAuth || kind == koppel.KindInvalidRequest {
			s.calls.refused(ctx, s, hook, koppel.DetailOf(err))
			s.figures.calls.WithLabelValues(hook.Connector, "refused").Inc()
		}
		return "", err
	}
	repeat, err := s.Store.Receive(ctx, store.Arrival{
		Webshop: hook.WebshopID, Coupling: hook.CouplingID, Hook: hook.ID, EventID: event.ID, Topic: event.Topic,
		ContentType: call.Header.Get("Content-Type"), Body: call.Body,
	})
	if err != nil {
		return "", err
	}
	outcome := "stored"
	if repeat {
		outcome = "repeat"
	}
	s.figures.calls.WithLabelValues(hook.Connector, outcome).Inc()
	return "", nil
}

// calls are the webhooks that were called lately, each with what verifies its
// calls. What is changed counts within hookTrust.
type calls struct {
	slots chan struct{}
	mu    sync.Mutex
	known map[string]*calledHook
}

// calledHook is a webhook that was called.
type calledHook struct {
	store.Hook
	receiver *connectors.Receiver
	account  Account
	until    time.Time

	mu sync.Mutex
	// keys are the remote's public keys, fetched at most once in keysAgain.
	keys    map[string]string
	fetched time.Time
	// refusals since they were last written.
	refusals int64
	written  time.Time
}

const (
	hookTrust  = 5 * time.Second
	hooksKnown = 10_000
	keysAgain  = 30 * time.Second
	// refusalsEvery is how often refused calls are counted in the database.
	refusalsEvery = time.Second
)

func newCalls() *calls {
	return &calls{slots: make(chan struct{}, callsAtOnce), known: map[string]*calledHook{}}
}

func (c *calls) find(ctx context.Context, s *server, token string) (*calledHook, error) {
	if len(token) < 40 || len(token) > 128 {
		return nil, newProblem(http.StatusNotFound, "there is no webhook at this address")
	}
	now := time.Now()
	c.mu.Lock()
	known := c.known[token]
	c.mu.Unlock()
	if known != nil && now.Before(known.until) {
		return known, nil
	}
	hook, secrets, err := s.Store.FindHook(ctx, token)
	if koppel.KindOf(err) == koppel.KindNotFound {
		return nil, newProblem(http.StatusNotFound, "there is no webhook at this address")
	}
	if err != nil {
		return nil, err
	}
	fresh, err := s.calledHook(ctx, hook, secrets)
	if err != nil {
		return nil, err
	}
	fresh.until = now.Add(hookTrust)
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.known) >= hooksKnown {
		clear(c.known)
	}
	c.known[token] = fresh
	return fresh, nil
}

func (s *server) calledHook(ctx context.Context, hook store.Hook, secrets store.HookSecrets) (*calledHook, error) {
	c, err := store.With(ctx, s.Store, store.ForWebshop(hook.WebshopID), func(tx *store.Tx) (store.Coupling, error) {
		return tx.Coupling(ctx, hook.CouplingUUID)
	})
	if err != nil {
		return nil, err
	}
	connector, err := s.connectorOf(ctx, c)
	if err != nil {
		return nil, err
	}
	called := &calledHook{Hook: hook, keys: hook.PublicKeys}
	if called.account, err = s.account(ctx, c, connector); err != nil {
		return nil, err
	}
	called.receiver, err = connector.Receiver(connectors.Caller{
		Secrets: called.account.Secrets, App: called.account.App, Captured: called.account.Captured,
		Settings: called.account.Settings, Version: c.RemoteVersion, Secret: secrets.Secret,
	})
	return called, err
}

// verified proves a call and reads what it is about.
func (h *calledHook) verified(ctx context.Context, s *server, call *connectors.Call) (connectors.CallEvent, error) {
	h.mu.Lock()
	keys := h.keys
	h.mu.Unlock()
	err := h.receiver.Verify(call, keys, time.Now())
	if errors.Is(err, connectors.ErrUnknownKey) {
		if keys, fetched := h.fetchKeys(ctx, s); fetched {
			err = h.receiver.Verify(call, keys, time.Now())
		}
	}
	if err != nil {
		return connectors.CallEvent{}, err
	}
	own := h.Topic
	if own == connectors.AllTopics {
		own = ""
	}
	return h.receiver.Event(call, own)
}

// fetchKeys asks the remote for its public keys, since it signs with one that
// is not known; not again and again for calls that anybody can make up.
func (h *calledHook) fetchKeys(ctx context.Context, s *server) (map[string]string, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if time.Since(h.fetched) < keysAgain {
		return h.keys, true
	}
	h.fetched = time.Now()
	keys, err := s.HookKeys(ctx, h.account)
	if err == nil {
		err = s.Store.InTx(ctx, store.ForWebshop(h.WebshopID), func(tx *store.Tx) error { return tx.SetHookKeys(ctx, h.ID, keys) })
	}
	if err != nil {
		s.log.LogAttrs(ctx, slog.LevelWarn, "keys of webhook not fetched", slog.String("webhook", h.UUID), slog.Any("error", err))
		return nil, false
	}
	h.keys = keys
	return keys, true
}

// refused counts a refused call, in the database at most once a second for
// each webhook: whoever floods an address must not flood the database.
func (c *calls) refused(ctx context.Context, s *server, h *calledHook, why string) {
	h.mu.Lock()
	h.refusals++
	n := h.refusals
	due := time.Since(h.written) >= refusalsEvery
	if due {
		h.refusals, h.written = 0, time.Now()
	}
	h.mu.Unlock()
	if !due {
		return
	}
	s.log.LogAttrs(ctx, slog.LevelWarn, "webhook refused", slog.String("webhook", h.UUID), slog.String("coupling", h.CouplingUUID), slog.Int64("calls", n), slog.String("why", why))
	err := s.Store.InTx(ctx, store.ForWebshop(h.WebshopID), func(tx *store.Tx) error { return tx.HookRefused(ctx, h.ID, n, why) })
	if err != nil {
		s.log.LogAttrs(ctx, slog.LevelWarn, "refused calls not counted", slog.String("webhook", h.UUID), slog.Any("error", err))
	}
}

// shownPath is a path as logs may show it: the token of a webhook is a secret.
func shownPath(path string) string {
	if strings.HasPrefix(path, "/hooks/") {
		return hookPath
	}
	return path
}
