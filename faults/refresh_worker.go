package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/connectors/rest"
	"github.com/koppel-io/koppel/mapping"
	"github.com/koppel-io/koppel/store"
)

// refreshOrders are what a process of workers is told that share one login.
type refreshOrders struct {
	Database, Keys, Name, Provider string
	Webshop, Credential            int64
	Workers                        int
	Durations                      koppel.Durations
}

// refreshManifest is a connector whose refresh tokens work once.
const refreshManifest = `connector: refresh
version: 1.0.0
name: Refresh
provider_types: [sync]
http:
  base: %s
  auth: { oauth2: { authorize: /login, token: /token, client: { id: us }, refresh: { rotating: true } } }
  check: { get: /check }
`

// beRefresher has its workers use the shared login in every round, each with a
// client of its own, as different activities would.
func beRefresher(ctx context.Context, text []byte, out io.Writer) error {
	var o refreshOrders
	if err := json.Unmarshal(text, &o); err != nil {
		return err
	}
	keys, err := store.ParseKeys(o.Keys)
	if err != nil {
		return err
	}
	db, err := store.Open(ctx, store.Config{DSN: o.Database, Role: store.Engine, Keys: keys, MaxConns: 6})
	if err != nil {
		return err
	}
	manifest, err := rest.Parse("connector.yaml", fmt.Appendf(nil, refreshManifest, o.Provider), mapping.CompileExpr)
	if err != nil {
		return err
	}
	transport, err := rest.NewTransport(rest.TransportConfig{Allow: []string{host}, UserAgent: o.Name, Connections: o.Workers})
	if err != nil {
		return err
	}
	clients := make([]*rest.Client, o.Workers)
	for i := range clients {
		tokens := db.Tokens(store.TokensConfig{Webshop: o.Webshop, Credential: o.Credential, Holder: o.Name, Lease: o.Durations.TokenLease})
		if clients[i], err = rest.NewClient(rest.ClientConfig{
			Manifest: manifest, Transport: transport, CredentialKey: "refresh", Durations: o.Durations, Tokens: watchedTokens{tokens, o},
		}); err != nil {
			return err
		}
	}
	if err := json.NewEncoder(out).Encode(map[string]bool{"ready": true}); err != nil {
		return err
	}
	for round := 0; ; {
		if round, err = nextRound(ctx, o, round); err != nil {
			return err
		}
		report := roundReport{Name: o.Name, Round: round}
		var mu sync.Mutex
		var group sync.WaitGroup
		for _, c := range clients {
			group.Go(func() {
				err := c.Check(ctx)
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					report.OK++
				} else {
					report.Failures = append(report.Failures, string(koppel.KindOf(err))+": "+koppel.DetailOf(err))
				}
			})
		}
		group.Wait()
		body, err := json.Marshal(report)
		if err != nil {
			return err
		}
		if err := tellProvider(ctx, o.Provider+"/done", body); err != nil {
			return err
		}
	}
}

func nextRound(ctx context.Context, o refreshOrders, after int) (round int, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("%s/next?after=%d", o.Provider, after), nil)
	if err != nil {
		return 0, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	_, err = fmt.Fscan(response.Body, &round)
	return round, err
}

func tellProvider(ctx context.Context, address string, body []byte) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	return response.Body.Close()
}

// watchedTokens tells the board how far a renewal is. Where the board wants the
// worker dead, it is killed before the answer comes.
type watchedTokens struct {
	*store.Tokens
	orders refreshOrders
}

func (w watchedTokens) at(ctx context.Context, step refreshStep) {
	query := url.Values{"step": {string(step)}, "name": {w.orders.Name}}
	_ = tellProvider(ctx, w.orders.Provider+"/die?"+query.Encode(), nil) // whoever is killed hears nothing
}

// Renew implements rest.TokenStore.
func (w watchedTokens) Renew(ctx context.Context, name string, old koppel.Token, urgent bool, ask rest.AskToken) (koppel.Token, error) {
	w.at(ctx, stepNote)
	asked := false
	token, err := w.Tokens.Renew(ctx, name, old, urgent, func(ctx context.Context, old koppel.Token) (koppel.Token, koppel.TokenOutcome, error) {
		asked = true
		w.at(ctx, stepNoted)
		token, outcome, err := ask(ctx, old)
		if outcome == koppel.TokenGiven {
			w.at(ctx, stepReceived)
		}
		return token, outcome, err
	})
	if asked && err == nil {
		w.at(ctx, stepStored)
	}
	return token, err
}
