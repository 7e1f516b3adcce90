package api

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

func TestAWebshopIsMadeWithItsOrganisation(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	body := map[string]any{"name": "Chairs", "organisation": "Furniture BV", "kind": "location", "external_ref": "c-1", "time_zone": "Europe/Paris"}
	first := want[webshop](t, s.ask(t, s.root, http.MethodPost, v1+"/webshops", body), http.StatusCreated)
	body["name"], body["external_ref"] = "Tables", "c-2"
	second := want[webshop](t, s.ask(t, s.root, http.MethodPost, v1+"/webshops", body), http.StatusCreated)
	if first.Organisation == "" || first.Organisation != second.Organisation {
		t.Errorf("two webshops of one organisation's name have organisations %q and %q", first.Organisation, second.Organisation)
	}
	if first.Kind != "location" || first.ExternalRef != "c-1" || first.TimeZone != "Europe/Paris" {
		t.Errorf("the webshop is %+v", first)
	}
	refused(t, s.ask(t, s.root, http.MethodPost, v1+"/webshops", body), http.StatusConflict, koppel.KindConflict)
	read := want[webshop](t, s.ask(t, s.root, http.MethodGet, v1+"/webshops/"+first.ID, nil), http.StatusOK)
	if diff := cmp.Diff(first, read); diff != "" {
		t.Errorf("read back:\n%s", diff)
	}
	if got := s.action(t, first.ID); got != "webshop.create" {
		t.Errorf("audit says %q", got)
	}
	found := want[pageBody[webshop]](t, s.ask(t, s.root, http.MethodGet, v1+"/webshops?external_ref=c-2", nil), http.StatusOK)
	if len(found.Data) != 1 || found.Data[0].ID != second.ID {
		t.Errorf("found by external_ref: %+v", found.Data)
	}
}

func TestListsPageByCursor(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	var ids []string
	for path := v1 + "/webshops?limit=1"; ; {
		page := want[pageBody[webshop]](t, s.ask(t, s.root, http.MethodGet, path, nil), http.StatusOK)
		for _, w := range page.Data {
			ids = append(ids, w.ID)
		}
		if page.Next == "" {
			break
		}
		path = v1 + "/webshops?limit=1&cursor=" + page.Next
	}
	if want := []string{s.shop.UUID, s.other.UUID}; !slices.Equal(ids, want) {
		t.Errorf("pages of one give %v, want %v", ids, want)
	}
	for _, path := range []string{"/webshops", "/couplings", "/runs", "/parked", "/waiting", "/keys", "/connectors", "/objects/products"} {
		refused(t, s.ask(t, s.root, http.MethodGet, v1+path+"?cursor=bm9uc2Vuc2U", nil), http.StatusUnprocessableEntity, koppel.KindInvalidRequest)
		p := refused(t, s.ask(t, s.root, http.MethodGet, v1+path+"?limit=501", nil), http.StatusUnprocessableEntity, koppel.KindInvalidRequest)
		if got := places(p); !slices.Equal(got, []string{"query.limit"}) {
			t.Errorf("%s?limit=501 names %v", path, got)
		}
	}
}

func TestACouplingFromDraftToActive(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	made := want[coupling](t, s.ask(t, s.mine, http.MethodPost, v1+"/couplings", map[string]any{
		"webshop": s.shop.UUID, "connector": "demo", "settings": map[string]any{"per_page": 50},
	}), http.StatusCreated)
	if made.State != koppel.CouplingDraft || made.Name != "Demo shop" || made.ConnectorVersion == "" || made.Health.State != "ok" {
		t.Fatalf("made %+v", made)
	}
	path := v1 + "/couplings/" + made.ID
	p := refused(t, s.ask(t, s.mine, http.MethodPost, path+"/activate", nil), http.StatusConflict, koppel.KindConflict)
	if !strings.Contains(p.Detail, "koppel coupling credentials "+made.ID) || !strings.Contains(p.Next, made.ID) {
		t.Errorf("without credentials: detail %q, next %q", p.Detail, p.Next)
	}
	refused(t, s.ask(t, s.mine, http.MethodPost, path+"/check", nil), http.StatusConflict, koppel.KindConflict)

	values := map[string]any{"store_url": "https://shop.example", "consumer_key": "ck_1", "consumer_secret": "cs_wrong"}
	saved := want[checked](t, s.ask(t, s.mine, http.MethodPut, path+"/credentials", map[string]any{"values": values}), http.StatusOK)
	if saved.OK || saved.Problem == nil || saved.Problem.Kind != koppel.KindAuth || saved.Problem.Owner != koppel.OwnerCustomer || !strings.Contains(saved.Problem.Next, made.ID) {
		t.Fatalf("wrong credentials: %+v", saved)
	}
	values["consumer_secret"] = goodSecret
	saved = want[checked](t, s.ask(t, s.mine, http.MethodPut, path+"/credentials", map[string]any{"values": values}), http.StatusOK)
	if diff := cmp.Diff(checked{OK: true, Version: "9.8.1"}, saved); diff != "" {
		t.Fatalf("good credentials:\n%s", diff)
	}
	again := want[checked](t, s.ask(t, s.mine, http.MethodPost, path+"/check", nil), http.StatusOK)
	if !again.OK {
		t.Errorf("check after saving: %+v", again)
	}

	active := want[coupling](t, s.ask(t, s.mine, http.MethodPost, path+"/activate", nil), http.StatusOK)
	if active.State != koppel.CouplingActivating || active.Priority == 0 || active.RemoteVersion != "9.8.1" {
		t.Errorf("activated: %+v", active)
	}
	if diff := cmp.Diff([]string{"activate " + made.ID}, s.engine.take()); diff != "" {
		t.Errorf("the engine was asked:\n%s", diff)
	}
	actions := each(s.audits(t, made.ID), func(a store.AuditRow) string { return a.Action })
	if diff := cmp.Diff([]string{"coupling.activate", "coupling.check", "coupling.credentials", "coupling.credentials", "coupling.create"}, actions); diff != "" {
		t.Errorf("audit differs:\n%s", diff)
	}
}

func TestSecretsNeverShow(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	const secret = "cs_do-not-show-me"
	path := v1 + "/couplings/" + s.coupling.UUID
	answers := []answered{
		s.ask(t, s.mine, http.MethodPost, v1+"/couplings", map[string]any{"webshop": s.shop.UUID, "connector": "demo", "credentials": map[string]any{
			"store_url": "https://shop.example", "consumer_key": "ck_1", "consumer_secret": secret}}),
		s.ask(t, s.mine, http.MethodPut, path+"/credentials", map[string]any{"values": map[string]any{
			"store_url": "https://shop.example", "consumer_key": "ck_1", "consumer_secret": secret}}),
		s.ask(t, s.mine, http.MethodPut, path+"/credentials", map[string]any{"values": map[string]any{"store_url": 7, "consumer_secret": []any{secret}}}),
		s.ask(t, s.mine, http.MethodPut, path+"/credentials", `{"values": "`+secret+`"}`),
		s.ask(t, s.mine, http.MethodPut, path+"/credentials", `{"values": {"consumer_secret": "`+secret+`"`),
		s.ask(t, s.mine, http.MethodGet, path, nil),
	}
	for i, a := range answers {
		if strings.Contains(string(a.body), secret) {
			t.Errorf("answer %d shows the secret: %s", i, a.body)
		}
	}
	if status := answers[2].status; status != http.StatusUnprocessableEntity {
		t.Errorf("credentials of wrong types: status %d", status)
	}
	audits, err := json.Marshal(do(t, s, store.AllWebshops(), func(ctx context.Context, tx *store.Tx) (store.Page[store.AuditRow], error) {
		return tx.Audits(ctx, "", 500, "")
	}))
	if err != nil {
		t.Fatal(err)
	}
	for where, text := range map[string]string{"audit log": string(audits), "log": s.logs.String()} {
		if strings.Contains(text, secret) {
			t.Errorf("the %s shows the secret", where)
		}
		if strings.Contains(text, s.mine) {
			t.Errorf("the %s shows the key", where)
		}
	}
}

func TestEveryBadFieldIsNamedAtOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	p := refused(t, s.ask(t, s.root, http.MethodPost, v1+"/webshops", map[string]any{"name": "", "kind": "shed", "colour": 1}), http.StatusUnprocessableEntity, koppel.KindInvalidRequest)
	if diff := cmp.Diff([]string{"body.colour", "body.kind", "body.name"}, slices.Sorted(slices.Values(places(p)))); diff != "" {
		t.Errorf("webshop: bad fields differ:\n%s", diff)
	}
	p = refused(t, s.ask(t, s.mine, http.MethodPatch, v1+"/couplings/"+s.coupling.UUID+"/settings", map[string]any{"settings": map[string]any{
		"per_page": 5000, "prices_include_vat": "yes", "colour": 1, "user_agent": "mine", "history_from": nil,
	}}), http.StatusUnprocessableEntity, koppel.KindInvalidRequest)
	if diff := cmp.Diff([]string{"body.settings.colour", "body.settings.per_page", "body.settings.prices_include_vat", "body.settings.user_agent"}, places(p)); diff != "" {
		t.Errorf("settings: bad fields differ:\n%s", diff)
	}
	p = refused(t, s.ask(t, s.mine, http.MethodPut, v1+"/couplings/"+s.coupling.UUID+"/credentials", map[string]any{"values": map[string]any{"store_url": "shop", "colour": 1}}), http.StatusUnprocessableEntity, koppel.KindInvalidRequest)
	if len(p.Errors) != 4 {
		t.Errorf("credentials: one unknown, one wrong and two missing fields are named as %+v", p.Errors)
	}
	p = refused(t, s.ask(t, s.mine, http.MethodPost, v1+"/couplings/"+s.coupling.UUID+"/sync", map[string]any{
		"object": "products", "mode": "full", "from": "2026-01-02T00:00:00Z", "skus": []string{""},
	}), http.StatusUnprocessableEntity, koppel.KindInvalidRequest)
	if diff := cmp.Diff([]string{"body.from", "body.remote_ids", "body.skus"}, places(p)); diff != "" {
		t.Errorf("sync: bad fields differ:\n%s", diff)
	}
}

func TestSettingsAreMergedAndRemoved(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	path := v1 + "/couplings/" + s.coupling.UUID + "/settings"
	set := func(settings map[string]any) map[string]any {
		t.Helper()
		c := want[coupling](t, s.ask(t, s.mine, http.MethodPatch, path, map[string]any{"settings": settings}), http.StatusOK)
		return decode[map[string]any](t, c.Settings)
	}
	set(map[string]any{"per_page": 50, "prices_include_vat": true})
	got := set(map[string]any{"per_page": nil, "sync.sell_orders": false})
	if diff := cmp.Diff(map[string]any{"prices_include_vat": true, "sync.sell_orders": false}, got); diff != "" {
		t.Errorf("settings differ:\n%s", diff)
	}
	a := s.audits(t, s.coupling.UUID)[0]
	if a.Action != "coupling.settings" || !strings.Contains(string(a.Before), "per_page") || strings.Contains(string(a.After), "per_page") {
		t.Errorf("audit is %s: %s → %s", a.Action, a.Before, a.After)
	}
	support := want[coupling](t, s.ask(t, s.root, http.MethodPatch, path, map[string]any{"settings": map[string]any{"key_in_query": true}}), http.StatusOK)
	if !strings.Contains(string(support.Settings), "key_in_query") {
		t.Errorf("support cannot set a support setting: %s", support.Settings)
	}
}

func TestPauseAndResume(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	path := v1 + "/couplings/" + s.coupling.UUID
	paused := want[coupling](t, s.ask(t, s.mine, http.MethodPost, path+"/pause", map[string]any{"reason": "stock taking"}), http.StatusOK)
	if asked := s.engine.take(); !slices.Contains(asked, "sweep") {
		t.Errorf("a pause asked Temporal for %v, want a sweep at once", asked)
	}
	if diff := cmp.Diff(&pause{Owner: koppel.PausedByPerson, Reason: "stock taking"}, paused.Pause); diff != "" || paused.State != koppel.CouplingPaused {
		t.Errorf("paused as %s:\n%s", paused.State, diff)
	}
	p := refused(t, s.ask(t, s.mine, http.MethodPost, path+"/sync", map[string]any{"object": "products", "mode": "full"}), http.StatusConflict, koppel.KindConflict)
	if !strings.Contains(p.Detail, "stock taking") {
		t.Errorf("a run of a paused coupling is refused with %q", p.Detail)
	}
	if resumed := want[coupling](t, s.ask(t, s.mine, http.MethodPost, path+"/resume", nil), http.StatusOK); resumed.State != koppel.CouplingActive || resumed.Pause != nil {
		t.Errorf("resumed as %+v", resumed)
	}
	refused(t, s.ask(t, s.mine, http.MethodPost, path+"/resume", nil), http.StatusConflict, koppel.KindConflict)
}

func TestGoodCredentialsEndTheNeedForThem(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	do(t, s, store.ForWebshop(s.shop.ID), func(ctx context.Context, tx *store.Tx) (store.Coupling, error) {
		return tx.NeedsReauth(ctx, s.coupling.UUID, "the key was revoked")
	})
	path := v1 + "/couplings/" + s.coupling.UUID
	ill := want[coupling](t, s.ask(t, s.mine, http.MethodGet, path, nil), http.StatusOK)
	if ill.Health.State != "failing" || !strings.Contains(ill.Health.Detail, "the key was revoked") {
		t.Errorf("health is %+v", ill.Health)
	}
	refused(t, s.ask(t, s.mine, http.MethodPost, path+"/resume", nil), http.StatusConflict, koppel.KindConflict)
	if c := want[checked](t, s.ask(t, s.mine, http.MethodPost, path+"/check", nil), http.StatusOK); !c.OK {
		t.Fatalf("check: %+v", c)
	}
	if well := want[coupling](t, s.ask(t, s.mine, http.MethodGet, path, nil), http.StatusOK); well.State != koppel.CouplingActive || well.Health.State != "ok" {
		t.Errorf("after good credentials the coupling is %s, health %+v", well.State, well.Health)
	}
}

func TestHealthFollowsTheRuns(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	path := v1 + "/couplings/" + s.coupling.UUID
	health := func() health {
		t.Helper()
		return want[coupling](t, s.ask(t, s.mine, http.MethodGet, path, nil), http.StatusOK).Health
	}
	s.finish(t, s.run(t, s.coupling, koppel.Products), store.Finish{State: koppel.RunSucceededWithParked})
	if h := health(); h.State != "degraded" || !strings.Contains(h.Detail, "products") {
		t.Errorf("after parked records: %+v", h)
	}
	failed := s.run(t, s.coupling, koppel.Products)
	s.finish(t, failed, store.Finish{State: koppel.RunFailed, Error: &koppel.Advice{Kind: koppel.KindBlocked, Detail: "a firewall answers for shop.example"}})
	if h := health(); h.State != "failing" || !strings.Contains(h.Detail, "shop.example") {
		t.Errorf("after a failed run: %+v", h)
	}
	open := s.run(t, s.coupling, koppel.Products)
	c := want[coupling](t, s.ask(t, s.mine, http.MethodGet, path, nil), http.StatusOK)
	if c.Health.State != "failing" || len(c.LastRuns) != 1 || c.LastRuns[0].Run != open.UUID || c.LastRuns[0].FinishedAt != nil {
		t.Errorf("while the next run is open: health %+v, last runs %+v", c.Health, c.LastRuns)
	}
	s.finish(t, open, store.Finish{State: koppel.RunSucceeded})
	if h := health(); h.State != "ok" {
		t.Errorf("after a good run: %+v", h)
	}
}
