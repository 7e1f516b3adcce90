package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/koppel-io/koppel"
)

const (
	// slackTextMost is the longest text that Slack shows of one message (api.slack.com/methods/chat.postMessage: cut
	// beyond 40,000 characters); ours stays far below.
	slackTextMost = 12_000
	answerMost    = 1 << 10
	newWebhook    = "Make a new incoming webhook in Slack, then: koppel notice add --slack, and koppel notice remove for this one"
)

// slack posts to an incoming webhook (docs.slack.dev/messaging/sending-messages-using-incoming-webhooks): the answer
// to what was taken is 200 with "ok", anything else is a word that says why not.
func (n *Notifier) slack(ctx context.Context, m Message) error {
	body, err := json.Marshal(map[string]string{"text": slackText(m)})
	if err != nil {
		return koppel.Wrap("send by slack", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, m.Target.Reveal(), bytes.NewReader(body))
	if err != nil {
		return failed(koppel.KindInvalidRequest, m.Channel, newWebhook, "the address cannot be read")
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := n.transport.Client().Do(req)
	if err != nil {
		return unreached(m.Channel, req.URL.Host, err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, answerMost))
	word := strings.TrimSpace(string(answer))
	switch {
	case err != nil:
		return failed(koppel.KindNetwork, m.Channel, "", "%s broke off its answer", req.URL.Host)
	case res.StatusCode == http.StatusOK && word == "ok":
		return nil
	}
	return slackRefusal(res, word)
}

// slackRefusal makes an error of an answer, by Slack's list of errors of incoming webhooks.
func slackRefusal(res *http.Response, word string) error {
	if !plainWord(word) {
		word = "an answer that is not Slack's"
	}
	said := strconv.Itoa(res.StatusCode) + " " + word
	switch status := res.StatusCode; {
	case status == http.StatusTooManyRequests:
		e := failed(koppel.KindRateLimited, koppel.NoticeSlack, "", "Slack asks to slow down: %s", said)
		if seconds, err := strconv.Atoi(res.Header.Get("Retry-After")); err == nil && seconds > 0 {
			e.RetryAfter = min(time.Duration(seconds)*time.Second, time.Hour)
		}
		return e
	case status >= 500:
		return failed(koppel.KindRemoteUnavailable, koppel.NoticeSlack, "", "Slack has a problem: %s", said)
	case status == http.StatusNotFound || status == http.StatusGone:
		// no_service, no_active_hooks, channel_not_found, channel_is_archived, no_team
		return failed(koppel.KindNotFound, koppel.NoticeSlack, newWebhook, "Slack does not know the webhook any more: %s", said)
	case status == http.StatusForbidden || status == http.StatusUnauthorized:
		// invalid_token, action_prohibited, team_disabled, posting_to_general_channel_denied
		return failed(koppel.KindPermission, koppel.NoticeSlack, newWebhook, "Slack does not let the webhook post: %s", said)
	default:
		return failed(koppel.KindInvalidRequest, koppel.NoticeSlack, "Check that the address is that of an incoming webhook of Slack", "Slack refuses the message: %s", said)
	}
}

// plainWord: one of Slack's words, such as no_service; other answers are not repeated.
func plainWord(word string) bool {
	return word != "" && len(word) <= 64 && strings.Trim(word, "abcdefghijklmnopqrstuvwxyz_") == ""
}

// unreached makes an error of a request that got no answer. The cause repeats the address, which is secret, so only
// its kind is told.
func unreached(channel koppel.NoticeChannel, where string, err error) error {
	var known *koppel.Error
	var timeout interface{ Timeout() bool }
	switch {
	case errors.As(err, &known) && known.Kind == koppel.KindBlockedAddress:
		return failed(koppel.KindBlockedAddress, channel, "Give a public address, or let the operator allow this one: KOPPEL_ALLOW_ADDRESSES", "%s", known.Detail)
	case errors.As(err, &timeout) && timeout.Timeout():
		return failed(koppel.KindTimeout, channel, "", "%s did not answer in time", where)
	}
	return failed(koppel.KindNetwork, channel, "", "no connection to %s", where)
}

// slackText is the text of a message. Slack takes &, < and > for its own marks, so they are escaped.
func slackText(m Message) string {
	subject, body := Text(m.Entries, m.Count)
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(cut(subject+"\n"+body, slackTextMost))
}
