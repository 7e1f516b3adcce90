package api

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

func TestAKeyIsShownOnceAndRevoked(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	made := want[key](t, s.ask(t, s.root, http.MethodPost, v1+"/keys", map[string]any{
		"name": "planner", "scopes": []string{"objects:read"}, "webshop": s.shop.UUID,
	}), http.StatusCreated)
	if !strings.HasPrefix(made.Key, made.Prefix) || !strings.HasSuffix(made.Key, made.LastFour) || made.Webshop != s.shop.UUID {
		t.Fatalf("made %+v", made)
	}
	if got := s.ask(t, made.Key, http.MethodGet, v1+"/objects/products", nil); got.status != http.StatusOK {
		t.Errorf("the new key: status %d: %s", got.status, got.body)
	}
	list := s.ask(t, s.root, http.MethodGet, v1+"/keys", nil)
	keys := want[pageBody[key]](t, list, http.StatusOK).Data
	i := slices.IndexFunc(keys, func(k key) bool { return k.ID == made.ID })
	if i < 0 || keys[i].Key != "" || keys[i].LastUsedAt == nil || strings.Contains(string(list.body), made.Key) {
		t.Errorf("the list shows %s", list.body)
	}
	if rows := s.audits(t, made.ID); len(rows) != 1 || strings.Contains(string(rows[0].After), made.Key) {
		t.Errorf("the audit shows %+v", rows)
	}
	revoked := want[key](t, s.ask(t, s.root, http.MethodDelete, v1+"/keys/"+made.ID, nil), http.StatusOK)
	if revoked.RevokedAt == nil {
		t.Errorf("revoked %+v", revoked)
	}
	refused(t, s.ask(t, made.Key, http.MethodGet, v1+"/objects/products", nil), http.StatusUnauthorized, koppel.KindAuth)
	if got := s.action(t, made.ID); got != "key.revoke" {
		t.Errorf("audit says %q", got)
	}
}

func TestAnAdminOfOneWebshopStaysThere(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	made := want[key](t, s.ask(t, s.mine, http.MethodPost, v1+"/keys", map[string]any{"name": "x", "scopes": []string{"admin"}}), http.StatusCreated)
	if made.Webshop != s.shop.UUID {
		t.Errorf("a key made by an admin of one webshop sees %q", made.Webshop)
	}
	list := want[pageBody[key]](t, s.ask(t, s.mine, http.MethodGet, v1+"/keys", nil), http.StatusOK)
	for _, k := range list.Data {
		if k.Webshop != s.shop.UUID {
			t.Errorf("the admin of one webshop sees key %s of %q", k.Name, k.Webshop)
		}
	}
	if len(list.Data) != 2 {
		t.Errorf("the admin sees %d keys of the webshop, want 2", len(list.Data))
	}
}

func TestBadKeysAreNotMade(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	p := refused(t, s.ask(t, s.root, http.MethodPost, v1+"/keys", map[string]any{
		"name": "x", "scopes": []string{"admin"}, "organisation": *s.shop.OrganisationUUID, "expires_at": "2020-01-01T00:00:00Z",
	}), http.StatusUnprocessableEntity, koppel.KindInvalidRequest)
	if diff := cmp.Diff([]string{"body.organisation", "body.expires_at"}, places(p)); diff != "" {
		t.Errorf("bad fields differ:\n%s", diff)
	}
	refused(t, s.ask(t, s.root, http.MethodPost, v1+"/keys", map[string]any{"name": "x", "scopes": []string{"everything"}}), http.StatusUnprocessableEntity, koppel.KindInvalidRequest)
	root := want[pageBody[key]](t, s.ask(t, s.root, http.MethodGet, v1+"/keys", nil), http.StatusOK).Data[0]
	refused(t, s.ask(t, s.root, http.MethodDelete, v1+"/keys/"+root.ID, nil), http.StatusConflict, koppel.KindConflict)
}

func TestAConnectorIsPublishedAndRolledBack(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v := do(t, s, store.Queues(), currentDemo)
	body := map[string]any{"manifest": strings.Replace(v.Manifest, "version: "+v.Version, "version: 9.0.0", 1), "mapping": v.Mapping}
	published := want[version](t, s.ask(t, s.root, http.MethodPost, v1+"/connectors", body), http.StatusCreated)
	if published.Version != "9.0.0" || !published.Current || !strings.Contains(published.PublishedBy, "root") {
		t.Errorf("published %+v", published)
	}
	whole := want[connector](t, s.ask(t, s.mine, http.MethodGet, v1+"/connectors/demo", nil), http.StatusOK)
	if whole.Version.Version != "9.0.0" || len(whole.Versions) != 2 || len(whole.Credentials) != 3 || len(whole.Settings) < 10 || !slices.Contains(whole.Objects, koppel.Products) || !slices.Contains(whole.Pushes, koppel.BuyOrders) {
		t.Errorf("the connector is %+v", whole)
	}
	if c := want[coupling](t, s.ask(t, s.mine, http.MethodGet, v1+"/couplings/"+s.coupling.UUID, nil), http.StatusOK); c.ConnectorVersion != "9.0.0" {
		t.Errorf("an unpinned coupling is at %s", c.ConnectorVersion)
	}
	body["mapping"] = v.Mapping + "\n# another text\n"
	refused(t, s.ask(t, s.root, http.MethodPost, v1+"/connectors", body), http.StatusConflict, koppel.KindConflict)
	back := want[version](t, s.ask(t, s.root, http.MethodPost, v1+"/connectors/demo/rollback", nil), http.StatusOK)
	if back.Version != v.Version || !back.Current {
		t.Errorf("rolled back to %+v", back)
	}
	if got := s.action(t, "demo"); got != "connector.rollback" {
		t.Errorf("audit says %q", got)
	}
	list := want[pageBody[connector]](t, s.ask(t, s.mine, http.MethodGet, v1+"/connectors?limit=1", nil), http.StatusOK)
	if len(list.Data) != 1 || list.Data[0].Name != "demo" || list.Next != "" {
		t.Errorf("the list is %+v", list)
	}
}

func currentDemo(ctx context.Context, tx *store.Tx) (store.ConnectorVersion, error) {
	return tx.CurrentConnectorVersion(ctx, "demo")
}

func TestLintErrorsNameTheirPlace(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v := do(t, s, store.Queues(), currentDemo)
	broken := strings.Replace(strings.Replace(v.Manifest, "provider_types:", "provider_tipes:", 1), "base: ", "bass: ", 1)
	p := refused(t, s.ask(t, s.root, http.MethodPost, v1+"/connectors", map[string]any{"manifest": broken, "mapping": v.Mapping}), http.StatusUnprocessableEntity, koppel.KindInvalidRequest)
	if len(p.Errors) < 2 {
		t.Fatalf("two mistakes are named as %+v", p.Errors)
	}
	for _, e := range p.Errors {
		if !place.MatchString(e.Location + ": ") {
			t.Errorf("location %q of %q is no file:line:column", e.Location, e.Message)
		}
	}
	secret := strings.Replace(v.Manifest, "prices_include_vat: { type: boolean,", "prices_include_vat: { type: boolean, secret: true,", 1)
	p = refused(t, s.ask(t, s.root, http.MethodPost, v1+"/connectors", map[string]any{"manifest": secret, "mapping": v.Mapping}), http.StatusUnprocessableEntity, koppel.KindInvalidRequest)
	if len(p.Errors) != 1 || !strings.Contains(p.Errors[0].Message, "prices_include_vat") {
		t.Errorf("a secret setting is named as %+v", p.Errors)
	}
	p = refused(t, s.ask(t, s.root, http.MethodPost, v1+"/connectors", map[string]any{"manifest": v.Manifest, "mapping": strings.Replace(v.Mapping, "record.", "recrod.", 1)}), http.StatusUnprocessableEntity, koppel.KindInvalidRequest)
	if len(p.Errors) == 0 || !strings.HasPrefix(p.Errors[0].Location, "mapping.yaml:") {
		t.Errorf("a slip in the mapping is named as %+v", p)
	}
}
