package store_test

import (
	"testing"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

func TestHistoryRunsReadOnlyTheOlderGap(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	at := func(year int) time.Time { return time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC) }
	read := func(mode koppel.Mode, from time.Time, settings string) store.Scan {
		t.Helper()
		if _, err := p.Owner(t).Exec(t.Context(), `UPDATE coupling SET settings = $1 WHERE id = $2`, settings, p.coupling.ID); err != nil {
			t.Fatal(err)
		}
		id := store.NewID()
		run, err := store.With(t.Context(), p.App, store.ForWebshop(p.shop.ID), func(tx *store.Tx) (store.Run, error) {
			opened, err := tx.OpenRun(t.Context(), store.NewRun{UUID: id, Coupling: p.coupling.UUID, Direction: koppel.Pull, StreamGroup: "sell_orders", Mode: mode,
				Trigger: koppel.TriggerManual, WorkflowID: id, Window: koppel.Window{From: from}})
			if err != nil {
				return opened.Run, err
			}
			return tx.StartRun(t.Context(), id, id)
		})
		if err != nil {
			t.Fatal(err)
		}
		_, scan, err := p.Engine.TakeLease(t.Context(), p.shop.ID, run.ID, "orders", "test")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := store.With(t.Context(), p.Engine, store.ForWebshop(p.shop.ID), func(tx *store.Tx) (store.Run, error) {
			return tx.FinishRun(t.Context(), id, store.Finish{State: koppel.RunSucceeded})
		}); err != nil {
			t.Fatal(err)
		}
		return scan
	}
	if s := read(koppel.ModeFull, time.Time{}, `{"history_from": "2025-01-01"}`); s.Since != nil || s.Until != nil {
		t.Errorf("a full read is bounded: %+v", s)
	}
	gap := func(from time.Time, until time.Time) {
		t.Helper()
		s := read(koppel.ModeHistory, from, `{}`)
		if s.Since == nil || !s.Since.Equal(from) || s.Until == nil || !s.Until.Equal(until) {
			t.Errorf("from %s the gap is %v to %v, want until %s", from, s.Since, s.Until, until)
		}
	}
	gap(at(2023), at(2025))
	gap(at(2020), at(2023))
	gap(at(2024), at(2020)) // covered already: nothing is left to read
	gap(at(2019), at(2020))
	// A full read without a limit covers everything.
	read(koppel.ModeFull, time.Time{}, `{}`)
	gap(at(2010), time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC))
	if _, err := store.With(t.Context(), p.App, store.ForWebshop(p.shop.ID), func(tx *store.Tx) (store.Opened, error) {
		return tx.OpenRun(t.Context(), store.NewRun{Coupling: p.coupling.UUID, Direction: koppel.Pull, StreamGroup: "sell_orders", Mode: koppel.ModeHistory, Trigger: koppel.TriggerManual, WorkflowID: "w"})
	}); koppel.KindOf(err) != koppel.KindInvalidRequest {
		t.Errorf("without from: %v", err)
	}
}
