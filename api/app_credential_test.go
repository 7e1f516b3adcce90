package api

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/connectors"
	"github.com/koppel-io/koppel/store"
)

const partnerManifest = `connector: partner
version: 1.0.0
name: Partner
provider_types: [sync]
app: { client_id: { type: string }, client_secret: { type: string, secret: true } }
environments: { production: {}, sandbox: {} }
http:
  base: https://partner.example
  auth: { oauth2: { authorize: /login, token: /token, client: { id: "${app.client_id}", secret: "${app.client_secret}" } } }
streams:
  rows: { get: /rows, key: id }
`

func (s *site) partner(t *testing.T) store.Coupling {
	t.Helper()
	source := connectors.Source{Manifest: partnerManifest, Mapping: "objects: { suppliers: { from: [rows], remote_id: string(record.id), name: record.name } }\n"}
	compiled, err := connectors.Compile(source)
	if err != nil {
		t.Fatal(err)
	}
	do(t, s, store.AllWebshops(), func(ctx context.Context, tx *store.Tx) (any, error) {
		if _, err := tx.PublishConnector(ctx, store.NewConnectorVersion{
			Connector: "partner", Version: "1.0.0", Digest: compiled.Digest, Manifest: source.Manifest, Mapping: source.Mapping, PublishedBy: "test",
		}); err != nil {
			return nil, err
		}
		return tx.EnsureIntegration(ctx, "partner", "Partner")
	})
	return do(t, s, store.ForWebshop(s.shop.ID), func(ctx context.Context, tx *store.Tx) (store.Coupling, error) {
		return tx.CreateCoupling(ctx, store.NewCoupling{Integration: "partner", Name: "Partner"})
	})
}

func TestAppCredentialsAreWrittenAndNeverShown(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.partner(t)
	path := v1 + "/app-credentials/partner/"
	values := map[string]any{"values": map[string]any{"client_id": "us", "client_secret": "cs_never-shown"}}
	p := refused(t, s.ask(t, s.root, http.MethodPut, path+"moon", map[string]any{"values": map[string]any{"client_id": "us", "zz": "1"}}), http.StatusUnprocessableEntity, koppel.KindInvalidRequest)
	if len(p.Errors) != 3 {
		t.Errorf("an environment, a missing and an unknown field are wrong; named are %+v", p.Errors)
	}
	set := s.ask(t, s.root, http.MethodPut, path+"sandbox", values)
	got := want[appCredential](t, set, http.StatusOK)
	if diff := cmp.Diff([]string{"client_id", "client_secret"}, got.Fields); diff != "" || strings.Contains(string(set.body), "never-shown") {
		t.Errorf("shown: %s", set.body)
	}
	list := want[appCredentialList](t, s.ask(t, s.root, http.MethodGet, v1+"/app-credentials", nil), http.StatusOK)
	if len(list.Data) != 1 || list.Data[0].Environment != "sandbox" {
		t.Errorf("listed %+v", list.Data)
	}
	opened := do(t, s, store.AllWebshops(), func(ctx context.Context, tx *store.Tx) (map[string]koppel.Secret, error) {
		return tx.OpenAppCredential(ctx, "partner", "sandbox")
	})
	if opened["client_secret"].Reveal() != "cs_never-shown" {
		t.Error("what was set is not what is opened")
	}
	want[appCredential](t, s.ask(t, s.root, http.MethodDelete, path+"sandbox", nil), http.StatusOK)
	refused(t, s.ask(t, s.root, http.MethodDelete, path+"sandbox", nil), http.StatusNotFound, koppel.KindNotFound)
	if rows := s.audits(t, "partner sandbox"); len(rows) != 2 {
		t.Errorf("%d audit rows, want one for each change", len(rows))
	}
	refused(t, s.ask(t, s.root, http.MethodPut, v1+"/app-credentials/demo/production", map[string]any{"values": map[string]any{}}), http.StatusConflict, koppel.KindConflict)
}

func TestConnectLinks(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	c := s.partner(t)
	path := v1 + "/couplings/" + c.UUID + "/connect-link"
	link := want[connectLink](t, s.ask(t, s.mine, http.MethodPost, path, map[string]any{"hours": 2, "return_to": "https://shop.example/admin"}), http.StatusCreated)
	token, ok := strings.CutPrefix(link.URL, "http://127.0.0.1:8080/connect/")
	if !ok {
		t.Fatalf("the link is %s", link.URL)
	}
	found, err := s.db.FindConnectLink(t.Context(), token)
	if err != nil || found.CouplingUUID != c.UUID || found.ReturnTo != "https://shop.example/admin" || !found.Activate {
		t.Errorf("the link leads to %+v, %v", found, err)
	}
	for _, bad := range []string{"http://evil.example", "javascript:alert(1)", "//evil.example", "https://u:p@evil.example"} {
		refused(t, s.ask(t, s.mine, http.MethodPost, path, map[string]any{"return_to": bad}), http.StatusUnprocessableEntity, koppel.KindInvalidRequest)
	}
	p := refused(t, s.ask(t, s.mine, http.MethodPost, v1+"/couplings/"+c.UUID+"/activate", nil), http.StatusConflict, koppel.KindConflict)
	if !strings.Contains(p.Detail, "koppel coupling connect "+c.UUID) {
		t.Errorf("without a login activation says %q", p.Detail)
	}
}
