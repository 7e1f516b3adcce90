package notify_test

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/connectors/rest"
	"github.com/koppel-io/koppel/fakes/mailbox"
	"github.com/koppel-io/koppel/fakes/slack"
	"github.com/koppel-io/koppel/notify"
)

var entry = koppel.NoticeEntry{
	News: koppel.NewsRaised, Severity: koppel.SeverityCritical, Title: "The remote refuses the credentials", Detail: "the key\r\nBcc: x@evil.example <b> & co",
	Webshop: "Bakery", Coupling: "Woo", Count: 1, Since: time.Date(2026, 1, 2, 3, 4, 0, 0, time.UTC), Owner: koppel.OwnerCustomer, Next: "Send a link: koppel coupling connect 1",
}

func sender(t *testing.T, m notify.Mail, allow ...string) *notify.Notifier {
	t.Helper()
	transport, err := rest.NewTransport(rest.TransportConfig{Allow: allow, Timeout: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(transport.Close)
	return notify.New(notify.Config{Transport: transport, Mail: m})
}

func TestSlackTakesOneMessageAndItsRefusalsAreNamed(t *testing.T) {
	t.Parallel()
	fake := slack.New("/services/T1/B1/secret")
	server := httptest.NewServer(fake)
	t.Cleanup(server.Close)
	n := sender(t, notify.Mail{}, "127.0.0.1")
	m := notify.Message{ID: "1", Channel: koppel.NoticeSlack, Target: koppel.NewSecret(server.URL + "/services/T1/B1/secret"), Entries: []koppel.NoticeEntry{entry}, Count: 1}
	if err := n.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	want := "Critical: Bakery / Woo: The remote refuses the credentials\nthe key Bcc: x@evil.example &lt;b&gt; &amp; co\n" +
		"Who must act: the customer. Since 2026-01-02 03:04Z.\nSend a link: koppel coupling connect 1\n"
	if texts, _ := fake.Taken(); len(texts) != 1 || texts[0] != want {
		t.Errorf("Slack took %q, want %q", texts, want)
	}
	for _, c := range []struct {
		answer  slack.Answer
		kind    koppel.Kind
		retries bool
	}{
		{slack.Answer{Status: 404, Word: "no_service"}, koppel.KindNotFound, false},
		{slack.Answer{Status: 410, Word: "channel_is_archived"}, koppel.KindNotFound, false},
		{slack.Answer{Status: 403, Word: "action_prohibited"}, koppel.KindPermission, false},
		{slack.Answer{Status: 400, Word: "invalid_payload"}, koppel.KindInvalidRequest, false},
		{slack.Answer{Status: 429, Word: "rate_limited", RetryAfter: "7"}, koppel.KindRateLimited, true},
		{slack.Answer{Status: 500, Word: "rollup_error"}, koppel.KindRemoteUnavailable, true},
	} {
		fake.Refuse(&c.answer)
		err := n.Send(t.Context(), m)
		if koppel.KindOf(err) != c.kind || notify.Retries(err) != c.retries || !strings.Contains(koppel.DetailOf(err), c.answer.Word) {
			t.Errorf("%+v: %v of kind %s, retried %t", c.answer, err, koppel.KindOf(err), notify.Retries(err))
		}
		if strings.Contains(err.Error(), "secret") {
			t.Errorf("the error shows the address: %v", err)
		}
		if want := 7 * time.Second; c.answer.RetryAfter != "" && notify.RetryAfter(err) != want {
			t.Errorf("to be tried after %s, want %s", notify.RetryAfter(err), want)
		}
	}
	// An answer of 200 that is not Slack's "ok" is none of Slack's.
	fake.Refuse(&slack.Answer{Status: 200, Word: "<html>"})
	if err := n.Send(t.Context(), m); koppel.KindOf(err) != koppel.KindInvalidRequest {
		t.Errorf("a page in place of ok: %v", err)
	}
}

func TestAPrivateAddressIsRefused(t *testing.T) {
	t.Parallel()
	n := sender(t, notify.Mail{})
	for _, target := range []string{"https://127.0.0.1:1/services/secret", "https://10.1.2.3/services/secret", "https://[::1]/services/secret", "https://169.254.169.254/secret"} {
		err := n.Send(t.Context(), notify.Message{ID: "1", Channel: koppel.NoticeSlack, Target: koppel.NewSecret(target), Entries: []koppel.NoticeEntry{entry}, Count: 1})
		if koppel.KindOf(err) != koppel.KindBlockedAddress || notify.Retries(err) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v, want it blocked and the address kept", target, err)
		}
	}
	for _, target := range []string{"http://hooks.slack.com/services/1", "ftp://hooks.slack.com/", "hooks.slack.com", "https://u:p@hooks.slack.com/"} {
		if err := koppel.CheckNoticeTarget(koppel.NoticeSlack, target); koppel.KindOf(err) != koppel.KindInvalidRequest {
			t.Errorf("%s is taken: %v", target, err)
		}
	}
}

func TestEmailIsPlainTextAndKeepsItsID(t *testing.T) {
	t.Parallel()
	box, err := mailbox.Listen()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := box.Close(); err != nil {
			t.Error(err)
		}
	})
	config := notify.Mail{Host: "127.0.0.1", Port: box.Port(), TLS: notify.MailPlain, From: "koppel@example.com", Timeout: 10 * time.Second}
	n := sender(t, config)
	m := notify.Message{ID: "0199", Channel: koppel.NoticeEmail, Target: koppel.NewSecret("support@example.com"), Entries: []koppel.NoticeEntry{entry, entry}, Count: 25}
	if err := n.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	letters := box.Letters()
	if len(letters) != 1 || letters[0].From != "koppel@example.com" || letters[0].To != "support@example.com" {
		t.Fatalf("the mailbox has %+v", letters)
	}
	for _, want := range []string{"<0199@example.com>", "Auto-Submitted: auto-generated", "text/plain", "25 things", "And 23 more"} {
		if !strings.Contains(letters[0].Data, want) {
			t.Errorf("the letter lacks %q:\n%s", want, letters[0].Data)
		}
	}
	if strings.Contains(letters[0].Data, "\nBcc:") {
		t.Errorf("a remote's text made a header:\n%s", letters[0].Data)
	}
	for answer, retries := range map[string]bool{"550 no such user": false, "451 try later": true} {
		box.Refuse(answer)
		if err := n.Send(t.Context(), m); err == nil || notify.Retries(err) != retries {
			t.Errorf("%s: %v, retried %t", answer, err, notify.Retries(err))
		}
	}
	box.Refuse("")
	config.TLS = notify.MailStartTLS
	if err := sender(t, config).Send(t.Context(), m); koppel.KindOf(err) != koppel.KindPermission || len(box.Letters()) != 1 {
		t.Errorf("a server without STARTTLS: %v, and %d letters", err, len(box.Letters()))
	}
	if err := sender(t, notify.Mail{}).Send(t.Context(), m); koppel.KindOf(err) != koppel.KindInvalidRequest || !strings.Contains(koppel.DetailOf(err), "no mail server") {
		t.Errorf("without a mail server: %v", err)
	}
}
