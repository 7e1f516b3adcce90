package store

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
)

// NoticeRule says who is told what: of one webshop, of an organisation's webshops, or (neither) of all.
type NoticeRule struct {
	ID                                 int64
	UUID                               string
	OrganisationID, WebshopID          *int64
	OrganisationUUID, OrganisationName *string
	WebshopUUID, WebshopName           *string
	Channel                            koppel.NoticeChannel
	// Target is where to, as it may be shown: of Slack only the host.
	Target string
	// Wants are some of koppel.NoticeWants.
	Wants        []string
	Floor        koppel.Severity
	QuietMinutes int
	ParkedAbove  int64
	CreatedAt    time.Time
	CreatedBy    string
	// SentAt and FailedAt are when the last notice was sent and given up, of the last 31 days; Waiting are those on
	// their way, Error is why the newest one failed or is tried again.
	SentAt, FailedAt *time.Time
	Waiting          int64
	Error            string
}

// tells reports whether the rule wants something that matters so much.
func (r NoticeRule) tells(want string, severity koppel.Severity) bool {
	return slices.Contains(r.Wants, want) && severity.AtLeast(r.Floor)
}

func (r NoticeRule) quiet() time.Duration { return time.Duration(r.QuietMinutes) * time.Minute }

const noticeRuleSelect = `
SELECT r.id, r.uuid, r.organisation_id, r.webshop_id, o.uuid AS organisation_uuid, o.name AS organisation_name, w.uuid AS webshop_uuid,
       w.name AS webshop_name, r.channel, r.target, r.wants, r.floor, r.quiet_minutes, r.parked_above, r.created_at, r.created_by,
       n.sent_at, n.failed_at, coalesce(n.waiting, 0) AS waiting, coalesce(n.error, '') AS error
FROM notice_rule r LEFT JOIN organisation o ON o.id = r.organisation_id LEFT JOIN webshop w ON w.id = r.webshop_id
LEFT JOIN LATERAL (
    SELECT max(ended_at) FILTER (WHERE state = 'sent') AS sent_at, max(ended_at) FILTER (WHERE state = 'failed') AS failed_at,
           count(*) FILTER (WHERE state IN ('gathering', 'sending')) AS waiting, (array_agg(error ORDER BY id DESC))[1] AS error
    FROM notice WHERE rule_id = r.id
) n ON true`

// NewNoticeRule is what a rule is made of. Channel and Target are required; Webshop and Organisation are outside ids,
// at most one of them given.
type NewNoticeRule struct {
	Webshop, Organisation string
	Channel               koppel.NoticeChannel
	// Target is the address of Slack's incoming webhook, or the e-mail address.
	Target koppel.Secret
	// Wants are koppel.UsualWants when empty.
	Wants []string
	// Floor is info when "".
	Floor koppel.Severity
	// QuietMinutes are 60 when 0.
	QuietMinutes int
	ParkedAbove  int64
	By           string
}

// mostNoticeRules bounds the rules of one webshop, of one organisation, and of all.
const mostNoticeRules = 20

const (
	insertNoticeRuleSQL = `
INSERT INTO notice_rule (uuid, organisation_id, webshop_id, channel, target, sealed, wants, floor, quiet_minutes, parked_above, created_by)
SELECT @uuid, @organisation, @webshop, @channel, @target, @sealed, @wants, @floor, @quiet, @parked_above, @by
WHERE (SELECT count(*) FROM notice_rule WHERE webshop_id IS NOT DISTINCT FROM @webshop AND organisation_id IS NOT DISTINCT FROM @organisation) < @most`
	noticeRuleSQL  = noticeRuleSelect + ` WHERE r.uuid = $1`
	noticeRulesSQL = noticeRuleSelect + ` ORDER BY r.id LIMIT 1000`
)

// AddNoticeRule makes a rule; the address of Slack is sealed. One for an organisation or for all needs the scope of
// all webshops.
func (tx *Tx) AddNoticeRule(ctx context.Context, n NewNoticeRule) (NoticeRule, error) {
	const op = "add notice rule"
	if err := koppel.CheckNoticeTarget(n.Channel, n.Target.Reveal()); err != nil {
		return NoticeRule{}, err
	}
	if len(n.Wants) == 0 {
		n.Wants = koppel.UsualWants()
	}
	if n.Floor == "" {
		n.Floor = koppel.SeverityInfo
	}
	if n.QuietMinutes == 0 {
		n.QuietMinutes = 60
	}
	for _, want := range n.Wants {
		if !slices.Contains(koppel.NoticeWants(), want) {
			return NoticeRule{}, invalid(op, "%q is nothing a notice can tell of; choose from %s", want, strings.Join(koppel.NoticeWants(), ", "))
		}
	}
	id := NewID()
	args := pgx.StrictNamedArgs{
		"uuid": id, "organisation": (*int64)(nil), "webshop": (*int64)(nil), "channel": string(n.Channel), "target": shownTarget(n.Channel, n.Target),
		"sealed": []byte(nil), "wants": n.Wants, "floor": string(n.Floor), "quiet": n.QuietMinutes, "parked_above": n.ParkedAbove, "by": n.By, "most": mostNoticeRules,
	}
	switch {
	case n.Webshop != "" && n.Organisation != "":
		return NoticeRule{}, invalid(op, "name a webshop or an organisation, not both")
	case n.Webshop != "":
		w, err := tx.Webshop(ctx, n.Webshop)
		if err != nil {
			return NoticeRule{}, err
		}
		args["webshop"] = &w.ID
	case n.Organisation != "":
		o, err := tx.Organisation(ctx, n.Organisation)
		if err != nil {
			return NoticeRule{}, err
		}
		args["organisation"] = &o.ID
	}
	if n.Channel == koppel.NoticeSlack {
		keys, err := tx.masterKeys(op)
		if err != nil {
			return NoticeRule{}, err
		}
		args["sealed"] = keys.seal([]byte(n.Target.Reveal()), noticePurpose(id))
	}
	made, err := tx.exec(ctx, insertNoticeRuleSQL, args)
	if err != nil {
		return NoticeRule{}, wrap(op, err)
	}
	if made == 0 {
		return NoticeRule{}, conflict(op, "there are %d rules already; remove one first: koppel notice list", mostNoticeRules)
	}
	return tx.NoticeRule(ctx, id)
}

func noticePurpose(uuid string) string { return fmt.Sprintf("koppel notice rule %s", uuid) }

// shownTarget is a target without what is secret of it.
func shownTarget(channel koppel.NoticeChannel, target koppel.Secret) string {
	if channel != koppel.NoticeSlack {
		return target.Reveal()
	}
	u, err := url.Parse(target.Reveal())
	if err != nil {
		return "…"
	}
	return u.Scheme + "://" + u.Host + "/…"
}

// NoticeRule finds one by its outside id.
func (tx *Tx) NoticeRule(ctx context.Context, id string) (NoticeRule, error) {
	const op = "get notice rule"
	if err := checkID(op, "notice rule", id); err != nil {
		return NoticeRule{}, err
	}
	r, err := one[NoticeRule](ctx, tx, noticeRuleSQL, id)
	return r, foundOr(op, "notice rule", id, err)
}

// NoticeRules lists the rules that the scope sees, the oldest first.
func (tx *Tx) NoticeRules(ctx context.Context) ([]NoticeRule, error) {
	list, err := many[NoticeRule](ctx, tx, noticeRulesSQL)
	return list, wrap("list notice rules", err)
}

const removeNoticeRuleSQL = `DELETE FROM notice_rule WHERE id = $1`

// RemoveNoticeRule takes a rule away, with what it told and what is on its way.
func (tx *Tx) RemoveNoticeRule(ctx context.Context, id string) (NoticeRule, error) {
	const op = "remove notice rule"
	r, err := tx.NoticeRule(ctx, id)
	if err != nil {
		return r, err
	}
	_, err = tx.exec(ctx, removeNoticeRuleSQL, r.ID)
	return r, wrap(op, err)
}

const noticeTargetSQL = `SELECT sealed FROM notice_rule WHERE id = $1`

// NoticeTarget is where the notices of a rule go, whole.
func (tx *Tx) NoticeTarget(ctx context.Context, r NoticeRule) (koppel.Secret, error) {
	const op = "open target of notices"
	if r.Channel != koppel.NoticeSlack {
		return koppel.NewSecret(r.Target), nil
	}
	keys, err := tx.masterKeys(op)
	if err != nil {
		return koppel.Secret{}, err
	}
	var sealed []byte
	if err := tx.tx.QueryRow(ctx, noticeTargetSQL, r.ID).Scan(&sealed); err != nil {
		return koppel.Secret{}, foundOr(op, "notice rule", r.UUID, err)
	}
	plain, err := keys.open(op, sealed, noticePurpose(r.UUID))
	return koppel.NewSecret(string(plain)), err
}

// sealedRule is a rule's sealed address.
type sealedRule struct {
	ID     int64
	UUID   string
	Sealed []byte
}

const (
	noticeSealedSQL = `SELECT id, uuid, sealed FROM notice_rule WHERE sealed IS NOT NULL ORDER BY id FOR UPDATE`
	resealNoticeSQL = `UPDATE notice_rule SET sealed = @sealed WHERE id = @id`
)

// resealNoticeRules seals the addresses of Slack with the primary master key.
func (tx *Tx) resealNoticeRules(ctx context.Context, op string) (int, error) {
	keys, err := tx.masterKeys(op)
	if err != nil {
		return 0, err
	}
	rows, err := many[sealedRule](ctx, tx, noticeSealedSQL)
	if err != nil {
		return 0, wrap(op, err)
	}
	n := 0
	for _, r := range rows {
		id, err := sealedBy(op, r.Sealed)
		if err != nil || id == keys.primary {
			if err != nil {
				return n, err
			}
			continue
		}
		plain, err := keys.open(op, r.Sealed, noticePurpose(r.UUID))
		if err != nil {
			return n, err
		}
		if _, err := tx.exec(ctx, resealNoticeSQL, pgx.StrictNamedArgs{"id": r.ID, "sealed": keys.seal(plain, noticePurpose(r.UUID))}); err != nil {
			return n, wrap(op, err)
		}
		n++
	}
	return n, nil
}
