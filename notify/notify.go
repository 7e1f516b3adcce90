package notify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/connectors/rest"
)

// Config configures a Notifier. Transport is required.
type Config struct {
	// Transport is the one way out, which refuses addresses that are not public.
	Transport *rest.Transport
	// Mail says how e-mail leaves; without a Host none does.
	Mail Mail
}

// Notifier sends notices. It is safe for concurrent use.
type Notifier struct {
	transport *rest.Transport
	mail      Mail
}

// New makes a Notifier.
func New(c Config) *Notifier { return &Notifier{transport: c.Transport, mail: c.Mail} }

// Message is one notice on its way.
type Message struct {
	// ID is the notice's outside id.
	ID      string
	Channel koppel.NoticeChannel
	// Target is the address of Slack's incoming webhook, or the e-mail address.
	Target koppel.Secret
	// Entries are what it tells; Count counts also those that are left out.
	Entries []koppel.NoticeEntry
	Count   int
}

// Send sends a message once. The error names no secret; Retries tells whether
// another attempt can help, and its RetryAfter when.
func (n *Notifier) Send(ctx context.Context, m Message) error {
	if err := koppel.CheckNoticeTarget(m.Channel, m.Target.Reveal()); err != nil {
		return err
	}
	if m.Channel == koppel.NoticeEmail {
		return n.email(ctx, m)
	}
	return n.slack(ctx, m)
}

// Retries reports whether sending again can help without anybody acting.
func Retries(err error) bool {
	switch koppel.KindOf(err) {
	case koppel.KindRateLimited, koppel.KindRemoteUnavailable, koppel.KindTimeout, koppel.KindNetwork, koppel.KindInternal:
		return true
	}
	return false
}

// RetryAfter is how long the receiver asks to wait; 0 when it says nothing.
func RetryAfter(err error) time.Duration {
	var e *koppel.Error
	if errors.As(err, &e) {
		return e.RetryAfter
	}
	return 0
}

// failed makes an error of a channel.
func failed(kind koppel.Kind, channel koppel.NoticeChannel, next, format string, args ...any) *koppel.Error {
	return &koppel.Error{Kind: kind, Op: "send by " + string(channel), Detail: fmt.Sprintf(format, args...), Next: next}
}
