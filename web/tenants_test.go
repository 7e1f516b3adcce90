package web_test

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"testing"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

type contextOf = context.Context

func TestTenantsStayApartOnEveryPage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	r := s.run(t, s.their, koppel.Suppliers)
	s.read(t, r, 1, 5, -1, "")
	s.read(t, r, 6, 5, -1, "their secret reason")
	s.finish(t, r, store.Finish{State: koppel.RunSuspect, Evidence: []koppel.Evidence{{Stream: "suppliers", Missing: "their secret evidence"}}})
	proposal := s.propose(t, r, 5)
	theirs := s.signedIn(t, s.key(t, "theirs", s.theirs, store.KeyScopes()...))
	mine := s.signedIn(t, s.key(t, "mine", s.mine, store.KeyScopes()...))
	var parked string
	if err := s.env.Owner(t).QueryRow(t.Context(), `SELECT uuid::text FROM parked LIMIT 1`).Scan(&parked); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{
		"/couplings/" + s.their.UUID, "/couplings/" + s.their.UUID + "/live", "/runs/" + r.UUID, "/proposals/" + proposal, "/webshops/" + s.theirs.UUID,
		"/couplings?webshop=" + s.theirs.UUID, "/runs?coupling=" + s.their.UUID, "/parked?coupling=" + s.their.UUID, "/parked?webshop=" + s.theirs.UUID,
		"/proposals?coupling=" + s.their.UUID,
	} {
		mine.open(path)
		if mine.status != http.StatusNotFound {
			t.Errorf("%s: status %d", path, mine.status)
		}
		if path[len(path)-5:] != "/live" {
			theirs.open(path)
			if theirs.status != http.StatusOK {
				t.Errorf("%s for its own: status %d", path, theirs.status)
			}
		}
		mine.open("/couplings")
	}
	for _, path := range []string{"/inbox", "/couplings", "/webshops", "/runs", "/proposals", "/parked", "/pushes"} {
		mine.open(path)
		mine.hides("heirs", "their secret", s.their.UUID, s.theirs.UUID, proposal, r.UUID)
	}
	theirs.open("/inbox")
	item := regexp.MustCompile(`action="(/inbox/[^"]+/acknowledge)"`).FindStringSubmatch(theirs.page)
	if item == nil {
		t.Fatalf("their inbox is empty:\n%s", theirs.page)
	}
	for path, form := range map[string]url.Values{
		item[1]:                                    nil,
		"/couplings/" + s.their.UUID + "/sync":     {"object": {"suppliers"}, "mode": {"full"}},
		"/couplings/" + s.their.UUID + "/pause":    {"reason": {"x"}},
		"/couplings/" + s.their.UUID + "/resume":   nil,
		"/couplings/" + s.their.UUID + "/activate": nil,
		"/couplings/" + s.their.UUID + "/check":    nil,
		"/couplings/" + s.their.UUID + "/connect":  nil,
		"/runs/" + r.UUID + "/cancel":              nil,
		"/runs/" + r.UUID + "/accept":              nil,
		"/runs/" + r.UUID + "/reject":              nil,
		"/proposals/" + proposal + "/approve":      nil,
		"/proposals/" + proposal + "/reject":       nil,
		"/proposals/" + proposal + "/undo":         nil,
		"/parked/" + parked + "/retry":             nil,
		"/parked/retry":                            {"coupling": {s.their.UUID}},
	} {
		mine.open("/couplings")
		if mine.submit(path, form); mine.status != http.StatusNotFound {
			t.Errorf("%s: status %d\n%s", path, mine.status, mine.page)
		}
		mine.hides("Books of theirs")
	}
	if s.engine.did("start") || s.engine.did("activate") {
		t.Errorf("the engine was asked %v", s.engine.asked)
	}
}

func TestANarrowKeySeesNoButtonsAndPressesNone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	r := s.run(t, s.coupling, koppel.Suppliers)
	s.read(t, r, 1, 5, -1, "")
	s.read(t, r, 6, 1, -1, "too long")
	proposal := s.propose(t, r, 5)
	b := s.signedIn(t, s.key(t, "reader", s.mine, "couplings:read"))
	for _, path := range []string{"/couplings/" + s.coupling.UUID, "/runs/" + r.UUID, "/proposals/" + proposal, "/parked?coupling=" + s.coupling.UUID, "/inbox"} {
		b.open(path)
		b.hides("Read changes", "Pause it", "Cancel this run", "Yes, delete", "again</button>")
	}
	for path, form := range map[string]url.Values{
		"/couplings/" + s.coupling.UUID + "/sync":  {"object": {"suppliers"}, "mode": {"full"}},
		"/couplings/" + s.coupling.UUID + "/pause": {"reason": {"x"}},
		"/runs/" + r.UUID + "/cancel":              nil,
		"/proposals/" + proposal + "/approve":      nil,
	} {
		b.open("/couplings")
		b.submit(path, form)
		b.says("Your key may not do this", "lacks the scope")
		if b.status != http.StatusForbidden {
			t.Errorf("%s: status %d", path, b.status)
		}
	}
	// A key that may not read couplings is told so on every page.
	b = s.browser(t)
	b.open("/sign-in")
	b.submit("/sign-in", url.Values{"key": {s.key(t, "objects", s.mine, "objects:read")}})
	b.says("Your key may not do this", "couplings:read")
}

func TestAKeyOfAnOrganisationIsRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	key := do(t, s, store.AllWebshops(), func(ctx contextOf, tx *store.Tx) (string, error) {
		w, err := tx.Webshop(ctx, s.mine.UUID)
		if err != nil {
			return "", err
		}
		_, text, err := tx.CreateKey(ctx, store.NewKey{Name: "owner", Scopes: []string{"admin"}, Organisation: *w.OrganisationUUID})
		return text.Reveal(), err
	})
	b := s.browser(t)
	b.open("/sign-in")
	b.submit("/sign-in", url.Values{"key": {key}})
	b.says("The key was refused", "keys of an organisation are not served")
}
