package api

import (
	"net/http"
	"testing"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

func TestParkedRecordsAreResolvedByCauseAndBack(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	bad := func(id, field string) store.Record {
		return store.Record{ID: id, Ticket: 9, Raw: []byte(`{}`), Parked: []store.Parked{{Kind: koppel.KindMapping, Field: field, Expression: field + "()", Reason: "no " + field, Object: koppel.Products}}}
	}
	run := s.run(t, s.coupling, koppel.Products)
	s.write(t, run, "products", bad("1", "price"), bad("2", "price"), bad("3", "weight"))
	causes := want[pageBody[parkedCause]](t, s.ask(t, s.mine, http.MethodGet, v1+"/parked/causes?coupling="+s.coupling.UUID, nil), http.StatusOK).Data
	if len(causes) != 2 || causes[0].Field != "price" || causes[0].Records != 2 || causes[0].Object != "products" {
		t.Errorf("causes %+v", causes)
	}
	ask := func(verb string, body map[string]any) int64 {
		body["coupling"], body["field"] = s.coupling.UUID, "price"
		return want[picked](t, s.ask(t, s.mine, http.MethodPost, v1+"/parked/"+verb, body), http.StatusOK).Records
	}
	list := func(query string) []parked {
		return want[pageBody[parked]](t, s.ask(t, s.mine, http.MethodGet, v1+"/parked"+query, nil), http.StatusOK).Data
	}
	if n := ask("resolve", map[string]any{"reason": "test articles", "dry_run": true}); n != 2 || len(list("")) != 3 {
		t.Errorf("a dry run tells %d and leaves %d open", n, len(list("")))
	}
	refused(t, s.ask(t, s.mine, http.MethodPost, v1+"/parked/resolve", map[string]any{"coupling": s.coupling.UUID}), http.StatusUnprocessableEntity, koppel.KindInvalidRequest)
	if n := ask("resolve", map[string]any{"reason": "test articles"}); n != 2 || len(list("")) != 1 {
		t.Errorf("resolved %d and leaves %d open", n, len(list("")))
	}
	if got := s.action(t, s.coupling.UUID); got != "parked.resolve_many" {
		t.Errorf("the audit log says %q", got)
	}
	gone := list("?resolved=true&field=price")
	if len(gone) != 2 || gone[0].Resolution != "test articles" || gone[0].ResolvedBy == "" || gone[0].ResolvedAt == nil {
		t.Fatalf("resolved are %+v", gone)
	}
	back := want[parked](t, s.ask(t, s.mine, http.MethodPost, v1+"/parked/"+gone[0].ID+"/unresolve", nil), http.StatusOK)
	if back.ResolvedAt != nil || back.Resolution != "" {
		t.Errorf("put back %+v", back)
	}
	refused(t, s.ask(t, s.mine, http.MethodPost, v1+"/parked/"+gone[0].ID+"/unresolve", nil), http.StatusConflict, koppel.KindConflict)
	if n := ask("unresolve", map[string]any{}); n != 1 || len(list("")) != 3 {
		t.Errorf("put back %d more, open are %d", n, len(list("")))
	}
	one := want[parked](t, s.ask(t, s.mine, http.MethodPost, v1+"/parked/"+gone[0].ID+"/resolve", map[string]any{"reason": "sold out"}), http.StatusOK)
	if one.Resolution != "sold out" || s.action(t, gone[0].ID) != "parked.resolve" {
		t.Errorf("resolved %+v, audited %q", one, s.action(t, gone[0].ID))
	}
	tried := want[retried](t, s.ask(t, s.mine, http.MethodPost, v1+"/parked/retry", map[string]any{"coupling": s.coupling.UUID, "field": "price", "dry_run": true}), http.StatusAccepted)
	if tried.Records != 1 || len(tried.Runs) != 0 {
		t.Errorf("a dry retry %+v", tried)
	}
}
