package api

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

func TestNoticeRulesKeepTheirSecretAndTheirWebshop(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	var mu sync.Mutex
	var sent []store.NoticeToSend
	var fails error
	s.server.Notify = func(_ context.Context, n store.NoticeToSend) error {
		mu.Lock()
		defer mu.Unlock()
		sent = append(sent, n)
		return fails
	}
	const secret = "https://hooks.slack.com/services/T1/B1/the-secret"
	answer := s.ask(t, s.mine, http.MethodPost, v1+"/notice-rules", map[string]any{"channel": "slack", "target": secret, "floor": "warning"})
	made := want[noticeRule](t, answer, http.StatusCreated)
	if made.Webshop != s.shop.UUID || made.Target != "https://hooks.slack.com/…" || made.QuietMinutes != 60 || len(made.Wants) != len(koppel.UsualWants()) {
		t.Errorf("the rule is %+v", made)
	}
	want[noticeRules](t, s.ask(t, s.mine, http.MethodGet, v1+"/notice-rules", nil), http.StatusOK)
	if list := want[noticeRules](t, s.ask(t, s.theirs, http.MethodGet, v1+"/notice-rules", nil), http.StatusOK); len(list.Data) != 0 {
		t.Errorf("another webshop's key sees %+v", list.Data)
	}
	for method, path := range map[string]string{http.MethodGet: "", http.MethodDelete: "", http.MethodPost: "/test"} {
		if got := s.ask(t, s.theirs, method, v1+"/notice-rules/"+made.ID+path, nil); got.status != http.StatusNotFound {
			t.Errorf("another webshop's key: %s answers %d", method+path, got.status)
		}
	}
	if got := s.ask(t, s.theirs, http.MethodPost, v1+"/notice-rules", map[string]any{"channel": "email", "target": "a@example.com", "webshop": s.shop.UUID}); got.status != http.StatusNotFound {
		t.Errorf("a rule for another webshop answers %d", got.status)
	}
	if tested := want[noticeTest](t, s.ask(t, s.mine, http.MethodPost, v1+"/notice-rules/"+made.ID+"/test", nil), http.StatusOK); !tested.OK {
		t.Errorf("the test is %+v", tested)
	}
	mu.Lock()
	if len(sent) != 1 || sent[0].Target.Reveal() != secret || len(sent[0].Entries) != 1 {
		t.Errorf("sent %+v", sent)
	}
	fails = koppel.E(koppel.KindNotFound, "send", "Slack does not know the webhook any more: 404 no_service")
	mu.Unlock()
	tested := want[noticeTest](t, s.ask(t, s.mine, http.MethodPost, v1+"/notice-rules/"+made.ID+"/test", nil), http.StatusOK)
	if tested.OK || tested.Problem == nil || !strings.Contains(tested.Problem.Detail, "no_service") {
		t.Errorf("the test is %+v", tested)
	}
	shown := want[noticeRule](t, s.ask(t, s.mine, http.MethodGet, v1+"/notice-rules/"+made.ID, nil), http.StatusOK)
	if len(shown.Notices) != 2 || shown.Notices[0].State != store.NoticeFailed || shown.Notices[1].State != store.NoticeSent || shown.SentAt == nil {
		t.Errorf("the rule shows %+v", shown)
	}
	want[noticeRule](t, s.ask(t, s.mine, http.MethodDelete, v1+"/notice-rules/"+made.ID, nil), http.StatusOK)
	audits := do(t, s, store.ForWebshop(s.shop.ID), func(ctx context.Context, tx *store.Tx) (store.Page[store.AuditRow], error) {
		return tx.Audits(ctx, made.ID, 10, "")
	})
	actions := []string{}
	for _, a := range audits.Items {
		actions = append(actions, a.Action)
		if strings.Contains(string(a.Before)+string(a.After), "the-secret") {
			t.Errorf("the audit log shows the secret: %s %s", a.Before, a.After)
		}
	}
	if got := strings.Join(actions, " "); got != "notice_rule.remove notice_rule.test notice_rule.test notice_rule.add" {
		t.Errorf("the audit log has %s", got)
	}
	if strings.Contains(s.logs.String(), "the-secret") {
		t.Error("the log shows the secret")
	}
	// A key of the installation has people told of all webshops; those of one do not see it.
	all := want[noticeRule](t, s.ask(t, s.root, http.MethodPost, v1+"/notice-rules", map[string]any{"channel": "email", "target": "support@example.com"}), http.StatusCreated)
	if got := s.ask(t, s.mine, http.MethodGet, v1+"/notice-rules/"+all.ID, nil); all.Webshop != "" || got.status != http.StatusNotFound {
		t.Errorf("the rule of all is %+v; a webshop's key is answered %d", all, got.status)
	}
	if got := s.ask(t, s.root, http.MethodPost, v1+"/notice-rules", map[string]any{"channel": "slack", "target": "http://hooks.slack.com/x"}); got.status != http.StatusUnprocessableEntity && got.status != http.StatusBadRequest {
		t.Errorf("an address in the clear answers %d", got.status)
	}
}
