package api

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

func TestAnEditIsKeptExplainedAndWinsWhereItIsIgnored(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.read(t, s.their, koppel.Products, productRecord(t, "1"))
	do(t, s, store.ForWebshop(s.other.ID), func(ctx context.Context, tx *store.Tx) (bool, error) {
		return tx.SetRules(ctx, s.their.UUID, map[koppel.Object]koppel.Rule{koppel.Products: {Role: koppel.RolePrimary, Key: koppel.ByRemoteID}})
	})
	path := v1 + "/objects/products/" + s.object(t, s.other, koppel.Products).UUID
	got := s.ask(t, s.theirs, http.MethodPatch, path, map[string]any{"values": map[string]any{"name": "Mine", "minimum_stock": 4}})
	var answer edited
	if err := json.Unmarshal(got.body, &struct {
		Hidden *[]hidden `json:"hidden"`
	}{&answer.Hidden}); got.status != http.StatusOK || err != nil || len(answer.Hidden) != 1 || answer.Hidden[0].Field != "name" || answer.Hidden[0].Coupling != s.their.UUID {
		t.Fatalf("edited: %d %v %s", got.status, err, got.body)
	}
	if got := s.ask(t, s.theirs, http.MethodGet, path+"/explain", nil); got.status != http.StatusOK || !strings.Contains(string(got.body), `"rule":"coupling_gives"`) || !strings.Contains(string(got.body), `"rule":"person"`) {
		t.Errorf("explained: %d %s", got.status, got.body)
	}
	refused(t, s.ask(t, s.theirs, http.MethodPatch, path, map[string]any{"values": map[string]any{"colour": "red"}}), http.StatusUnprocessableEntity, koppel.KindInvalidRequest)
	// A changed ignore_fields merges what is there again, in a run of its own.
	set := map[string]any{"settings": map[string]any{"ignore_fields.products": []string{"name"}}}
	if got := s.ask(t, s.theirs, http.MethodPatch, v1+"/couplings/"+s.their.UUID+"/settings", set); got.status != http.StatusOK {
		t.Fatalf("settings: %d %s", got.status, got.body)
	}
	if got := s.ask(t, s.theirs, http.MethodGet, v1+"/runs", nil); !strings.Contains(string(got.body), `"mode":"merge"`) {
		t.Errorf("no run merges again: %s", got.body)
	}
}
