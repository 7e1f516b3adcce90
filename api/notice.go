package api

import (
	"context"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

// SendNotice sends a notice once. The error is a *koppel.Error and names no secret.
type SendNotice func(ctx context.Context, n store.NoticeToSend) error

// noticeRule says who is told what. The address of Slack is never shown.
type noticeRule struct {
	ID               string               `json:"id" format:"uuid"`
	Organisation     string               `json:"organisation,omitempty" format:"uuid" doc:"Whose webshops; with webshop absent too it is all"`
	OrganisationName string               `json:"organisation_name,omitempty"`
	Webshop          string               `json:"webshop,omitempty" format:"uuid"`
	WebshopName      string               `json:"webshop_name,omitempty"`
	Channel          koppel.NoticeChannel `json:"channel" enum:"slack,email"`
	Target           string               `json:"target" doc:"The e-mail address; of Slack only the host"`
	Wants            []string             `json:"wants" nullable:"false" doc:"Causes of the inbox, activation_progress, activation_steps"`
	Floor            koppel.Severity      `json:"floor" enum:"info,warning,critical" doc:"What matters less is not told"`
	QuietMinutes     int                  `json:"quiet_minutes" doc:"For how long one cause of one coupling is not told again"`
	ParkedAbove      int64                `json:"parked_above" doc:"Parked records and reviews are told when there are more of one coupling, or when they wait for a week"`
	CreatedAt        time.Time            `json:"created_at"`
	CreatedBy        string               `json:"created_by"`
	SentAt           *time.Time           `json:"sent_at" doc:"When the last notice was sent"`
	FailedAt         *time.Time           `json:"failed_at" doc:"When one was last given up"`
	Waiting          int64                `json:"waiting" doc:"Notices on their way"`
	Error            string               `json:"error,omitempty" doc:"Why the newest notice failed, or is tried again"`
	Notices          []notice             `json:"notices,omitempty" doc:"The newest twenty, where one rule is asked for"`
}

// notice is one message to people.
type notice struct {
	ID        string               `json:"id" format:"uuid"`
	State     store.NoticeState    `json:"state" enum:"gathering,sending,sent,failed"`
	Entries   []koppel.NoticeEntry `json:"entries" nullable:"false" doc:"What it tells, at most twenty"`
	Count     int                  `json:"count" doc:"How many things it tells, also those beyond the twenty"`
	Attempts  int                  `json:"attempts"`
	Error     string               `json:"error,omitempty" doc:"Why the last attempt failed"`
	CreatedAt time.Time            `json:"created_at"`
	EndedAt   *time.Time           `json:"ended_at" doc:"When it was sent or given up"`
}

type noticeRules struct {
	Data []noticeRule `json:"data" nullable:"false"`
}

func showNoticeRule(r store.NoticeRule) noticeRule {
	return noticeRule{
		ID: r.UUID, Organisation: text(r.OrganisationUUID), OrganisationName: text(r.OrganisationName), Webshop: text(r.WebshopUUID), WebshopName: text(r.WebshopName),
		Channel: r.Channel, Target: r.Target, Wants: r.Wants, Floor: r.Floor, QuietMinutes: r.QuietMinutes, ParkedAbove: r.ParkedAbove,
		CreatedAt: r.CreatedAt, CreatedBy: r.CreatedBy, SentAt: r.SentAt, FailedAt: r.FailedAt, Waiting: r.Waiting, Error: r.Error,
	}
}

func showNotice(n store.Notice) notice {
	return notice{ID: n.UUID, State: n.State, Entries: n.Entries, Count: n.EntryCount, Attempts: n.Attempts, Error: n.Error, CreatedAt: n.CreatedAt, EndedAt: n.EndedAt}
}

func (s *server) listNoticeRules(ctx context.Context, who caller, _ *struct{}) (noticeRules, error) {
	list, err := store.Read(ctx, s.Store, who.scope, func(tx *store.Tx) ([]store.NoticeRule, error) { return tx.NoticeRules(ctx) })
	return noticeRules{Data: each(list, showNoticeRule)}, err
}

type newNoticeRule struct {
	Body struct {
		Organisation string               `json:"organisation,omitempty" format:"uuid" doc:"Whose webshops; all with webshop absent too"`
		Webshop      string               `json:"webshop,omitempty" format:"uuid" doc:"The caller's own for a key that is bound to one"`
		Channel      koppel.NoticeChannel `json:"channel" enum:"slack,email"`
		Target       koppel.Secret        `json:"target" minLength:"3" maxLength:"2000" doc:"The address of an incoming webhook of Slack, or an e-mail address"`
		Wants        []string             `json:"wants,omitempty" maxItems:"30" uniqueItems:"true" doc:"Causes of the inbox, activation_progress, activation_steps; all but the last when absent"`
		Floor        koppel.Severity      `json:"floor,omitempty" enum:"info,warning,critical" doc:"What matters less is not told; info when absent"`
		QuietMinutes int                  `json:"quiet_minutes,omitempty" minimum:"1" maximum:"10080" doc:"For how long one cause of one coupling is not told again; 60 when absent"`
		ParkedAbove  int64                `json:"parked_above,omitempty" minimum:"0" doc:"Parked records and reviews are told when there are more of one coupling, or when they wait for a week"`
	}
}

func (s *server) addNoticeRule(ctx context.Context, who caller, in *newNoticeRule) (noticeRule, error) {
	b := in.Body
	if b.Webshop == "" && b.Organisation == "" && who.key.WebshopUUID != nil {
		b.Webshop = *who.key.WebshopUUID
	}
	return s.noticeRule(ctx, who, b.Webshop, func(tx *store.Tx) (noticeRule, error) {
		r, err := tx.AddNoticeRule(ctx, store.NewNoticeRule{
			Webshop: b.Webshop, Organisation: b.Organisation, Channel: b.Channel, Target: b.Target, Wants: b.Wants, Floor: b.Floor,
			QuietMinutes: b.QuietMinutes, ParkedAbove: b.ParkedAbove, By: who.name(),
		})
		if err != nil {
			return noticeRule{}, err
		}
		shown := showNoticeRule(r)
		return shown, audit(ctx, tx, who, "notice_rule.add", r.UUID, nil, shown)
	})
}

// noticeRule does something in the scope of a rule's webshop, or in the caller's for a wider rule.
func (s *server) noticeRule(ctx context.Context, who caller, webshop string, fn func(*store.Tx) (noticeRule, error)) (noticeRule, error) {
	scope, err := s.narrow(ctx, who, webshop)
	if err != nil {
		return noticeRule{}, err
	}
	return store.With(ctx, s.Store, scope, fn)
}

func (s *server) getNoticeRule(ctx context.Context, who caller, in *ByID) (noticeRule, error) {
	return store.Read(ctx, s.Store, who.scope, func(tx *store.Tx) (noticeRule, error) {
		r, err := tx.NoticeRule(ctx, in.ID)
		if err != nil {
			return noticeRule{}, err
		}
		shown := showNoticeRule(r)
		notices, err := tx.Notices(ctx, r.ID)
		shown.Notices = each(notices, showNotice)
		return shown, err
	})
}

func (s *server) removeNoticeRule(ctx context.Context, who caller, in *ByID) (noticeRule, error) {
	r, err := store.With(ctx, s.Store, who.scope, func(tx *store.Tx) (store.NoticeRule, error) { return tx.NoticeRule(ctx, in.ID) })
	if err != nil {
		return noticeRule{}, err
	}
	return s.noticeRule(ctx, who, text(r.WebshopUUID), func(tx *store.Tx) (noticeRule, error) {
		r, err := tx.RemoveNoticeRule(ctx, in.ID)
		if err != nil {
			return noticeRule{}, err
		}
		return showNoticeRule(r), audit(ctx, tx, who, "notice_rule.remove", r.UUID, showNoticeRule(r), nil)
	})
}

// noticeTest is what became of a notice that was sent to try a rule.
type noticeTest struct {
	OK      bool           `json:"ok" doc:"It was taken"`
	Problem *koppel.Advice `json:"problem,omitempty"`
}

// testNoticeRule sends outside a transaction, then notes it.
func (s *server) testNoticeRule(ctx context.Context, who caller, in *ByID) (noticeTest, error) {
	r, target, err := s.noticeTarget(ctx, who, in.ID)
	if err != nil {
		return noticeTest{}, err
	}
	entry := koppel.NoticeEntry{
		News: koppel.NewsProgress, Severity: koppel.SeverityInfo, Title: "This is a test of Koppel's notices", Webshop: text(r.WebshopName),
		Detail: "Asked for by " + who.name() + ". Nobody has to do anything.", Since: time.Now().UTC(),
	}
	n := store.NoticeToSend{Notice: store.Notice{UUID: store.NewID(), Entries: []koppel.NoticeEntry{entry}, EntryCount: 1}, Channel: r.Channel, Target: target}
	tested, problem := noticeTest{OK: true}, ""
	if err := s.Notify(ctx, n); err != nil {
		advice := koppel.Advise(err, "", "")
		tested, problem = noticeTest{Problem: &advice}, advice.Detail
	}
	scope, err := s.narrow(ctx, who, text(r.WebshopUUID))
	if err != nil {
		return noticeTest{}, err
	}
	return tested, s.Store.InTx(ctx, scope, func(tx *store.Tx) error {
		if err := tx.NoteNotice(ctx, r, n.UUID, entry, problem); err != nil {
			return err
		}
		return audit(ctx, tx, who, "notice_rule.test", r.UUID, nil, map[string]any{"ok": tested.OK, "problem": problem})
	})
}

func (s *server) noticeTarget(ctx context.Context, who caller, id string) (r store.NoticeRule, target koppel.Secret, err error) {
	err = s.Store.InTx(ctx, who.scope, func(tx *store.Tx) error {
		if r, err = tx.NoticeRule(ctx, id); err != nil {
			return err
		}
		target, err = tx.NoticeTarget(ctx, r)
		return err
	})
	return r, target, err
}
