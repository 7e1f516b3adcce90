package client

import (
	"context"
	"net/http"
	"time"

	"github.com/koppel-io/koppel"
)

// NoticeRule says who is told what by Slack or e-mail.
type NoticeRule struct {
	ID string `json:"id"`
	// Organisation or Webshop is whose it is; neither: all.
	Organisation     string               `json:"organisation,omitempty"`
	OrganisationName string               `json:"organisation_name,omitempty"`
	Webshop          string               `json:"webshop,omitempty"`
	WebshopName      string               `json:"webshop_name,omitempty"`
	Channel          koppel.NoticeChannel `json:"channel"`
	// Target is the e-mail address; of Slack only the host.
	Target       string          `json:"target"`
	Wants        []string        `json:"wants"`
	Floor        koppel.Severity `json:"floor"`
	QuietMinutes int             `json:"quiet_minutes"`
	ParkedAbove  int64           `json:"parked_above"`
	CreatedAt    time.Time       `json:"created_at"`
	CreatedBy    string          `json:"created_by"`
	SentAt       *time.Time      `json:"sent_at"`
	FailedAt     *time.Time      `json:"failed_at"`
	Waiting      int64           `json:"waiting"`
	// Error is why the newest notice failed, or is tried again.
	Error string `json:"error,omitempty"`
	// Notices are the newest twenty, where one rule is asked for.
	Notices []Notice `json:"notices,omitempty"`
}

// Notice is one message to people.
type Notice struct {
	ID string `json:"id"`
	// State is gathering, sending, sent or failed.
	State   string               `json:"state"`
	Entries []koppel.NoticeEntry `json:"entries"`
	// Count is how many things it tells, also those that are not among Entries.
	Count     int        `json:"count"`
	Attempts  int        `json:"attempts"`
	Error     string     `json:"error,omitempty"`
	CreatedAt time.Time  `json:"created_at"`
	EndedAt   *time.Time `json:"ended_at"`
}

// NewNoticeRule is what a rule is made of. Channel and Target are required; at
// most one of Webshop and Organisation is given.
type NewNoticeRule struct {
	Organisation string
	Webshop      string
	Channel      koppel.NoticeChannel
	// Target is the address of an incoming webhook of Slack, or an e-mail address.
	Target koppel.Secret
	// Wants are koppel.UsualWants when empty.
	Wants        []string
	Floor        koppel.Severity
	QuietMinutes int
	ParkedAbove  int64
}

// NoticeTest is what became of a notice that was sent to try a rule.
type NoticeTest struct {
	OK      bool           `json:"ok"`
	Problem *koppel.Advice `json:"problem,omitempty"`
}

// AddNoticeRule has people told: POST /notice-rules.
func (c *Client) AddNoticeRule(ctx context.Context, n NewNoticeRule) (NoticeRule, error) {
	body := map[string]any{"channel": n.Channel, "target": n.Target.Reveal(), "parked_above": n.ParkedAbove}
	for name, value := range map[string]string{"organisation": n.Organisation, "webshop": n.Webshop, "floor": string(n.Floor)} {
		if value != "" {
			body[name] = value
		}
	}
	if len(n.Wants) > 0 {
		body["wants"] = n.Wants
	}
	if n.QuietMinutes > 0 {
		body["quiet_minutes"] = n.QuietMinutes
	}
	return send[NoticeRule](ctx, c, http.MethodPost, "/notice-rules", body)
}

// NoticeRules lists who is told what: GET /notice-rules.
func (c *Client) NoticeRules(ctx context.Context) (List[NoticeRule], error) {
	return get[List[NoticeRule]](ctx, c, "/notice-rules", nil)
}

// NoticeRule finds one, with its newest notices: GET /notice-rules/{id}.
func (c *Client) NoticeRule(ctx context.Context, id string) (NoticeRule, error) {
	return get[NoticeRule](ctx, c, at("notice-rules", id), nil)
}

// TestNoticeRule sends a notice at once: POST /notice-rules/{id}/test.
func (c *Client) TestNoticeRule(ctx context.Context, id string) (NoticeTest, error) {
	return send[NoticeTest](ctx, c, http.MethodPost, at("notice-rules", id, "test"), nil)
}

// RemoveNoticeRule removes one: DELETE /notice-rules/{id}.
func (c *Client) RemoveNoticeRule(ctx context.Context, id string) (NoticeRule, error) {
	return send[NoticeRule](ctx, c, http.MethodDelete, at("notice-rules", id), nil)
}
