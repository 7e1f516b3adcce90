package store_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
	"github.com/koppel-io/koppel/store/storetest"
)

// notices is a database with one coupling and one rule.
type notices struct {
	*storetest.Env
	coupling store.Coupling
	rule     store.NoticeRule
}

func newNotices(t *testing.T, rule store.NewNoticeRule) notices {
	t.Helper()
	env := storetest.New(t)
	n := notices{Env: env, coupling: env.Coupling(t, env.Webshop(t, "one"))}
	var err error
	if n.rule, err = store.With(t.Context(), env.App, store.AllWebshops(), func(tx *store.Tx) (store.NoticeRule, error) { return tx.AddNoticeRule(t.Context(), rule) }); err != nil {
		t.Fatal(err)
	}
	return n
}

func (n notices) scope() store.Scope { return store.ForWebshop(n.coupling.WebshopID) }

// raise and clear make the coupling need new credentials, and have them.
func (n notices) raise(t *testing.T, reason string) {
	t.Helper()
	if err := n.Engine.InTx(t.Context(), n.scope(), func(tx *store.Tx) error {
		_, err := tx.NeedsReauth(t.Context(), n.coupling.UUID, reason)
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

func (n notices) clear(t *testing.T) {
	t.Helper()
	if err := n.Engine.InTx(t.Context(), n.scope(), func(tx *store.Tx) error {
		_, err := tx.ResumeCoupling(t.Context(), n.coupling.UUID, koppel.PausedByAuth)
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

// tell looks at the inbox and gives what came of it, as the engine would send it.
func (n notices) tell(t *testing.T) (news []string) {
	t.Helper()
	if _, err := n.Engine.TellInbox(t.Context(), n.coupling.WebshopID); err != nil {
		t.Fatal(err)
	}
	list, err := store.With(t.Context(), n.App, store.AllWebshops(), func(tx *store.Tx) ([]store.Notice, error) { return tx.Notices(t.Context(), n.rule.ID) })
	if err != nil {
		t.Fatal(err)
	}
	for _, notice := range list {
		if notice.State != store.NoticeGathering {
			continue
		}
		taken, ok, err := n.Engine.TakeNotice(t.Context(), notice.ID)
		if err != nil || !ok || taken.Target.IsZero() {
			t.Fatalf("taken %+v, %t, %v", taken, ok, err)
		}
		for _, e := range taken.Entries {
			news = append(news, fmt.Sprintf("%s %s %d", e.News, e.Detail, e.Returns))
		}
		if err := n.Engine.EndNotice(t.Context(), notice.ID, store.NoticeSent, ""); err != nil {
			t.Fatal(err)
		}
		if _, again, err := n.Engine.TakeNotice(t.Context(), notice.ID); again || err != nil {
			t.Errorf("a notice that was sent is taken again: %v", err)
		}
	}
	return news
}

func (n notices) want(t *testing.T, when string, want ...string) {
	t.Helper()
	if got := n.tell(t); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s: told %q, want %q", when, got, want)
	}
}

// quietIsOver lets the quiet time of what was told pass.
func (n notices) quietIsOver(t *testing.T) {
	t.Helper()
	if _, err := n.Owner(t).Exec(t.Context(), `UPDATE notice_told SET told_at = told_at - interval '1 day'`); err != nil {
		t.Fatal(err)
	}
}

func TestACauseIsToldOnceAndThatItIsOver(t *testing.T) {
	t.Parallel()
	n := newNotices(t, store.NewNoticeRule{Channel: koppel.NoticeSlack, Target: koppel.NewSecret("https://hooks.slack.com/services/T/B/secret"), By: "test"})
	if n.rule.Target != "https://hooks.slack.com/…" {
		t.Errorf("the rule shows %s", n.rule.Target)
	}
	n.want(t, "nothing is there")
	n.raise(t, "the key was revoked")
	n.want(t, "it came", "raised the key was revoked 0")
	n.want(t, "it is still there")
	n.quietIsOver(t)
	n.want(t, "it is still there after the quiet time")
	n.clear(t)
	n.want(t, "it is over", "solved the key was revoked 0")
	n.want(t, "it is still over")
}

func TestAFlappingCauseIsOneMessageAQuietTime(t *testing.T) {
	t.Parallel()
	n := newNotices(t, store.NewNoticeRule{Channel: koppel.NoticeEmail, Target: koppel.NewSecret("a@example.com"), By: "test"})
	n.raise(t, "first")
	n.want(t, "it came", "raised first 0")
	n.clear(t)
	n.want(t, "it is over", "solved first 0")
	for i := range 3 {
		n.raise(t, "again")
		n.want(t, fmt.Sprint("it came back ", i))
		n.clear(t)
		n.want(t, fmt.Sprint("it went ", i))
	}
	n.raise(t, "last")
	n.want(t, "it came back within the quiet time")
	n.quietIsOver(t)
	n.want(t, "it is there when the quiet time is over", "again last 4")
	n.clear(t)
	n.want(t, "it is over", "solved last 0")
}

func TestWhatSomebodyHandlesIsNotToldAndNotOver(t *testing.T) {
	t.Parallel()
	n := newNotices(t, store.NewNoticeRule{Channel: koppel.NoticeEmail, Target: koppel.NewSecret("a@example.com"), By: "test"})
	n.raise(t, "first")
	n.want(t, "it came", "raised first 0")
	err := n.App.InTx(t.Context(), n.scope(), func(tx *store.Tx) error {
		items, err := tx.Inbox(t.Context(), store.InboxFilter{})
		if err != nil || len(items) != 1 {
			return fmt.Errorf("the inbox has %d items: %w", len(items), err)
		}
		now, by := items[0].Newest, "test"
		_, err = tx.HandleInbox(t.Context(), items[0], store.InboxHandling{AcknowledgedAt: &now, AcknowledgedBy: &by})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	n.quietIsOver(t)
	n.want(t, "somebody handles it")
	n.clear(t)
	n.want(t, "it is over", "solved first 0")
}

func TestARuleTellsWhatItWantsAndOfWhom(t *testing.T) {
	t.Parallel()
	n := newNotices(t, store.NewNoticeRule{Channel: koppel.NoticeEmail, Target: koppel.NewSecret("a@example.com"), Wants: []string{"parked"}, By: "test"})
	other := n.Webshop(t, "two")
	err := n.App.InTx(t.Context(), store.AllWebshops(), func(tx *store.Tx) error {
		_, err := tx.AddNoticeRule(t.Context(), store.NewNoticeRule{Webshop: other.UUID, Channel: koppel.NoticeEmail, Target: koppel.NewSecret("b@example.com"), By: "test"})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	n.raise(t, "not wanted, and not theirs")
	n.want(t, "a cause that is not wanted")
	var told int
	if err := n.Owner(t).QueryRow(t.Context(), `SELECT count(*) FROM notice`).Scan(&told); err != nil || told != 0 {
		t.Errorf("%d notices, %v; another webshop's rule told of it", told, err)
	}
	for what, rule := range map[string]store.NewNoticeRule{
		"plain http":      {Channel: koppel.NoticeSlack, Target: koppel.NewSecret("http://hooks.slack.com/x")},
		"no address":      {Channel: koppel.NoticeEmail, Target: koppel.NewSecret("A <a@example.com>")},
		"no such want":    {Channel: koppel.NoticeEmail, Target: koppel.NewSecret("a@example.com"), Wants: []string{"everything"}},
		"no such webshop": {Channel: koppel.NoticeEmail, Target: koppel.NewSecret("a@example.com"), Webshop: store.NewID()},
	} {
		err := n.App.InTx(t.Context(), store.AllWebshops(), func(tx *store.Tx) error {
			_, err := tx.AddNoticeRule(t.Context(), rule)
			return err
		})
		if kind := koppel.KindOf(err); kind != koppel.KindInvalidRequest && kind != koppel.KindNotFound {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestThingsThatComeTogetherAreOneMessage(t *testing.T) {
	t.Parallel()
	n := newNotices(t, store.NewNoticeRule{Channel: koppel.NoticeEmail, Target: koppel.NewSecret("a@example.com"), By: "test"})
	err := n.Engine.InTx(t.Context(), n.scope(), func(tx *store.Tx) error {
		for i := range 30 {
			for range 2 { // an activity is tried again
				if err := tx.TellActivation(t.Context(), n.coupling, koppel.WantProgress, fmt.Sprint("attempt ", i), "activation started"); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	list, err := store.With(t.Context(), n.App, store.AllWebshops(), func(tx *store.Tx) ([]store.Notice, error) {
		return tx.Notices(context.WithoutCancel(t.Context()), n.rule.ID)
	})
	if err != nil || len(list) != 1 || list[0].EntryCount != 30 || len(list[0].Entries) != 20 {
		t.Fatalf("%d notices, %v: %+v", len(list), err, list)
	}
	var jobs int
	if err := n.Owner(t).QueryRow(t.Context(), `SELECT count(*) FROM river_job WHERE kind = 'notice'`).Scan(&jobs); err != nil || jobs != 1 {
		t.Errorf("%d jobs, %v, want one", jobs, err)
	}
}
