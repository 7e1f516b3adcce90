package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"syscall"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/connectors"
	"github.com/koppel-io/koppel/fakes/demoshop"
	"github.com/koppel-io/koppel/mapping"
)

// mappedFields is how many fields of a product both sides fill.
const mappedFields = 12

// mapping maps the same products with the demo connector's expressions and by
// hand, interleaved, and tells the processor time of one field.
func (b *board) mapping() error {
	records, err := sampleRecords(2000)
	if err != nil {
		return err
	}
	sources, err := connectors.Builtin()
	if err != nil {
		return err
	}
	c, err := connectors.Compile(sources["demo"])
	if err != nil {
		return err
	}
	evaluator := mapping.NewEvaluator(c.Mapping, mapping.Env{Settings: c.Defaults(nil), Version: "11.0.1"})
	program := c.Mapping.ByStream("products")[0]
	compiled := mapping.Compiled()
	var engine, hand []float64
	for range b.opts.rounds {
		took, err := perField(records, func(raw []byte) error {
			result, err := evaluator.Map(program, mapping.Input{Record: raw})
			if err == nil && (result.Skip || result.Values[0] == nil) {
				err = fmt.Errorf("product %s was not mapped", result.RemoteID)
			}
			return err
		})
		if err != nil {
			return err
		}
		engine = append(engine, took)
		if took, err = perField(records, func(raw []byte) error { _, err := mapByHand(raw); return err }); err != nil {
			return err
		}
		hand = append(hand, took)
	}
	return b.line("mapping", map[string]any{
		"object": koppel.Products, "fields": mappedFields, "ns_per_field": round(median(engine), 0), "hand_ns_per_field": round(median(hand), 0),
		"times_hand": round(median(engine)/median(hand), 2), "compiles_on_the_hot_path": mapping.Compiled() - compiled,
	})
}

// perField maps the records many times and gives the processor time in ns of one field.
func perField(records [][]byte, one func([]byte) error) (float64, error) {
	const times = 25
	began := processorTime()
	for range times {
		for _, raw := range records {
			if err := one(raw); err != nil {
				return 0, err
			}
		}
	}
	return float64(processorTime()-began) / float64(times*len(records)*mappedFields), nil
}

func processorTime() time.Duration {
	var usage syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// sampleRecords are products as the source sends them.
func sampleRecords(count int) ([][]byte, error) {
	shop, err := demoshop.New(demoshop.Config{Products: count, Orders: -1, Suppliers: -1, Slim: true, BasicOverHTTP: true})
	if err != nil {
		return nil, err
	}
	server := httptest.NewServer(shop.Handler())
	defer server.Close()
	s := &source{URL: server.URL}
	var records [][]byte
	for at := 0; at < count; at += pageSize {
		body, err := get(context.Background(), http.DefaultClient, s.pageURL("offset="+itoa(at)))
		if err != nil {
			return nil, err
		}
		var page []json.RawMessage
		if err := json.Unmarshal(body, &page); err != nil {
			return nil, err
		}
		for _, raw := range page {
			records = append(records, raw)
		}
	}
	return records, nil
}
