package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/koppel-io/koppel/api"
	"github.com/koppel-io/koppel/client"
	"github.com/koppel-io/koppel/connectors"
	"github.com/koppel-io/koppel/store"
)

const (
	previewRecords = 25_000
	// previewed changes every product that has a price.
	previewed = "objects:\n  products:\n    from: products\n    price: decimal(record.price) * 2\n"
)

// preview measures how long the API takes to say what an override would change
// of a webshop's products.
func (b *board) preview(ctx context.Context) error {
	b.say("rendering %d products", previewRecords)
	shop, err := startSource(ctx, previewRecords)
	if err != nil {
		return err
	}
	w, _, err := b.engineRound(ctx, shop)
	if err != nil {
		return err
	}
	defer w.close()
	if err := shop.stop(); err != nil {
		return err
	}
	key, err := store.With(ctx, w.app, store.AllWebshops(), func(tx *store.Tx) (string, error) {
		_, text, err := tx.CreateKey(ctx, store.NewKey{Name: "bench", Scopes: []string{"admin"}})
		return text.Reveal(), err
	})
	if err != nil {
		return err
	}
	handler := api.New(api.Config{
		Store: w.app, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Connectors: connectors.NewCache(func(ctx context.Context, version int64) (connectors.Source, error) {
			return store.With(ctx, w.app, store.Queues(), func(tx *store.Tx) (connectors.Source, error) {
				v, err := tx.ConnectorVersion(ctx, version)
				return connectors.Source{Manifest: v.Manifest, Mapping: v.Mapping}, err
			})
		}),
	})
	var seconds []float64
	for n := range b.opts.rounds {
		body, err := json.Marshal(client.PreviewAsk{OverrideDraft: client.OverrideDraft{Source: previewed}})
		if err != nil {
			return err
		}
		request := httptest.NewRequestWithContext(ctx, http.MethodPost, "/api/v1/couplings/"+w.coupling.UUID+"/mapping/preview", bytes.NewReader(body))
		request.Header.Set("Authorization", "Bearer "+key)
		request.Header.Set("Content-Type", "application/json")
		answer := httptest.NewRecorder()
		began := time.Now()
		handler.ServeHTTP(answer, request)
		took := time.Since(began).Seconds()
		var out client.OverridePreview
		if err := json.Unmarshal(answer.Body.Bytes(), &out); err != nil || answer.Code != http.StatusOK {
			return fmt.Errorf("the preview answered %d: %s", answer.Code, answer.Body)
		}
		if out.LookedAt != previewRecords || len(out.Objects) != 1 || out.Objects[0].Changed == 0 || out.Objects[0].Parked != 0 {
			return fmt.Errorf("the preview counts %+v", out)
		}
		seconds = append(seconds, took)
		b.say("round %d of %d: %.2f s, %d of %d would change", n+1, b.opts.rounds, took, out.Objects[0].Changed, out.LookedAt)
	}
	return b.line("preview", map[string]any{"records": previewRecords, "rounds": b.opts.rounds, "seconds": round(median(seconds), 2), "goal_seconds": 2})
}
