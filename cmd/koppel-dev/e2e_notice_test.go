package main

import (
	"context"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
	"github.com/koppel-io/koppel/fakes/demoshop"
	"github.com/koppel-io/koppel/fakes/mailbox"
	"github.com/koppel-io/koppel/fakes/slack"
	"github.com/koppel-io/koppel/notify"
)

const slackPath = "/services/T1/B1/the-secret"

// told counts texts with all the words.
func told(texts []string, words ...string) int {
	n := 0
	for _, text := range texts {
		all := true
		for _, word := range words {
			all = all && strings.Contains(text, word)
		}
		if all {
			n++
		}
	}
	return n
}

// TestActivationReportsAndAlertsReachSlackAndEmail holds sync.md 9 and 11: activation reports to Slack and e-mail, and
// what the inbox has is told once, also while Slack is away, and told when it is over.
func TestActivationReportsAndAlertsReachSlackAndEmail(t *testing.T) {
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
	fake := slack.New(slackPath)
	server := httptest.NewServer(fake)
	t.Cleanup(server.Close)
	l := newLand(t, landConfig{mail: notify.Mail{Host: host, Port: box.Port(), TLS: notify.MailPlain, From: "koppel@example.com"}})
	s := newSite(t, l, demoshop.Config{Products: 20, Orders: 5})
	bySlack, err := l.api.AddNoticeRule(t.Context(), client.NewNoticeRule{Webshop: s.webshop.ID, Channel: koppel.NoticeSlack, Target: koppel.NewSecret(server.URL + slackPath)})
	if err != nil {
		t.Fatal(err)
	}
	// Support's own rule, of all webshops, is told by e-mail.
	byMail, err := l.api.AddNoticeRule(t.Context(), client.NewNoticeRule{Channel: koppel.NoticeEmail, Target: koppel.NewSecret("support@example.com")})
	if err != nil {
		t.Fatal(err)
	}
	for _, rule := range []client.NoticeRule{bySlack, byMail} {
		if tested, err := l.api.TestNoticeRule(t.Context(), rule.ID); err != nil || !tested.OK {
			t.Fatalf("a test of %s: %+v, %v", rule.Channel, tested, err)
		}
	}
	heard := func() (texts, letters []string) {
		texts, _ = fake.Taken()
		for _, letter := range box.Letters() {
			letters = append(letters, strings.ReplaceAll(letter.Data, "=\n", "")) // RFC 2045 section 6.7: soft line breaks
		}
		return texts, letters
	}
	// both waits until both were told with the words, each once.
	both := func(what string, words ...string) {
		t.Helper()
		await(t, what, func(context.Context) (bool, string) {
			texts, letters := heard()
			return told(texts, words...) == 1 && told(letters, words...) == 1, fmt.Sprintf("Slack %q, mail %q", texts, letters)
		})
	}
	s.activate(t)
	both("the activation's start", "activation started")
	both("the activation's end", "activation finished")

	fake.Refuse(&slack.Answer{Status: 503, Word: "service_unavailable"})
	_, before := fake.Taken()
	s.misbehave(t, demoshop.Fault{Kind: demoshop.Unauthorized, Share: 1})
	s.failedAdvice(t, koppel.Products)
	s.awaitState(t, koppel.CouplingNeedsReauth)
	await(t, "Slack to be asked in vain", func(ctx context.Context) (bool, string) {
		_, asked := fake.Taken()
		rule, err := l.api.NoticeRule(ctx, bySlack.ID)
		return err == nil && asked > before && rule.Waiting > 0 && strings.Contains(rule.Error, "503"), fmt.Sprintf("asked %d times, %+v, %v", asked-before, rule, err)
	})
	fake.Refuse(nil)
	link := "koppel coupling connect " + s.coupling.ID
	both("the refused credentials", "Critical: ", koppel.CauseReauth.Title()[:30], link)

	s.misbehave(t)
	if checked, err := l.api.SetCredentials(t.Context(), s.coupling.ID, s.credentials()); err != nil || !checked.OK {
		t.Fatalf("right credentials answer %+v, %v", checked, err)
	}
	s.awaitState(t, koppel.CouplingActive)
	both("that it is solved", "Solved: ", koppel.CauseReauth.Title()[:30])
	texts, letters := heard()
	if told(texts, link) != 1 || told(letters, link) != 1 || told(texts, "the-secret") != 0 || told(texts, shopSecret) != 0 {
		t.Errorf("told\n%s\nand\n%s", strings.Join(texts, "\n"), strings.Join(letters, "\n"))
	}
	shown, err := l.api.NoticeRule(t.Context(), bySlack.ID)
	if err != nil || shown.SentAt == nil || strings.Contains(fmt.Sprintf("%+v", shown), "the-secret") {
		t.Errorf("the rule is shown as %+v, %v", shown, err)
	}
}
