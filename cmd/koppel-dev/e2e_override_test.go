package main

import (
	"errors"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
	"github.com/koppel-io/koppel/fakes/demoshop"
)

var overridings = []scenario{
	{"an override is refused with its place, replays as previewed, and rolls back", overrideReplaysAsPreviewed},
}

// doubled says another price.
const doubled = `objects:
  products:
    price: decimal(record.price) * 2
`

// pricesOf are the prices of all products.
func (s *site) pricesOf(t *testing.T) map[string]string {
	t.Helper()
	prices := map[string]string{}
	for id, o := range s.objects(t, koppel.Products) {
		prices[id] = string(o.Values["price"])
	}
	return prices
}

// sync.md 10: a mistake is refused with its position; the preview's counts are what the replay changes; a run pins the
// override it started with; rollback restores.
func overrideReplaysAsPreviewed(t *testing.T, l *land) {
	s := newSite(t, l, demoshop.Config{Products: 60, Orders: 5})
	s.activate(t)
	api, ctx := l.api, t.Context()
	wrong := client.OverrideDraft{Source: strings.Replace(doubled, "record.price", "record.prise", 1), File: "mine.yaml"}
	_, err := api.PreviewOverride(ctx, s.coupling.ID, client.PreviewAsk{OverrideDraft: wrong})
	var problem *client.Problem
	if !errors.As(err, &problem) || len(problem.Errors) == 0 || !strings.HasPrefix(problem.Errors[0].Location, "mine.yaml:3:") {
		t.Fatalf("the preview of a mistake: %v", err)
	}
	if _, err := api.SaveOverride(ctx, s.coupling.ID, client.OverrideSave{OverrideDraft: wrong}); !errors.As(err, &problem) || len(problem.Errors) == 0 || !strings.HasPrefix(problem.Errors[0].Location, "mine.yaml:3:") {
		t.Errorf("saving a mistake: %v", err)
	}
	before := s.pricesOf(t)
	draft := client.OverrideDraft{Source: doubled, File: "mine.yaml"}
	preview, err := api.PreviewOverride(ctx, s.coupling.ID, client.PreviewAsk{OverrideDraft: draft})
	if err != nil || len(preview.Objects) != 1 {
		t.Fatalf("preview %+v: %v", preview, err)
	}
	if diff := cmp.Diff(before, s.pricesOf(t)); diff != "" {
		t.Errorf("the preview changed prices (-before +after):\n%s", diff)
	}
	n := preview.Objects[0]
	if preview.LookedAt != preview.Stored || n.Changed == 0 || n.Made+n.Gone+n.Parked != 0 || n.Fields["price"] != n.Changed || len(n.Fields) != 1 {
		t.Errorf("the preview counts %+v", preview)
	}
	replay := func(saved client.OverrideSaved, err error) client.Run {
		t.Helper()
		if err != nil || len(saved.Runs) != 1 {
			t.Fatalf("saved %+v: %v", saved, err)
		}
		return s.ended(t, saved.Runs[0].Run)
	}
	first := replay(api.SaveOverride(ctx, s.coupling.ID, client.OverrideSave{OverrideDraft: draft}))
	if first.Counts.Objects != n.Changed {
		t.Errorf("the replay changed %d objects, the preview said %d", first.Counts.Objects, n.Changed)
	}
	after := s.pricesOf(t)
	var differ int64
	for id, price := range before {
		if after[id] != price {
			differ++
		}
	}
	if differ != n.Changed {
		t.Errorf("%d prices differ, the preview said %d", differ, n.Changed)
	}
	again, err := api.PreviewOverride(ctx, s.coupling.ID, client.PreviewAsk{OverrideDraft: draft, Object: koppel.Products})
	if err != nil || len(again.Objects) != 1 || again.Objects[0].Changed != 0 || again.Objects[0].Same == 0 {
		t.Errorf("what is replayed changes again: %+v: %v", again, err)
	}
	replay(api.RollbackOverride(ctx, s.coupling.ID, client.OverrideRollback{Number: 0}))
	if restored := s.pricesOf(t); !maps.Equal(before, restored) {
		t.Errorf("rolled back (-before +after):\n%s", cmp.Diff(before, restored))
	}
	if pinned, err := api.Run(ctx, first.ID); err != nil || len(pinned.Overrides) != 1 || !strings.Contains(pinned.Overrides[0], "1") {
		t.Errorf("the first replay pinned %+v: %v", pinned.Overrides, err)
	}
}
