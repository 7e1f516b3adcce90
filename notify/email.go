package notify

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"strings"
	"time"

	"github.com/wneessen/go-mail"

	"github.com/koppel-io/koppel"
)

// MailTLS is how the connection to the mail server is encrypted.
type MailTLS string

// The ways of encryption.
const (
	MailStartTLS MailTLS = "starttls" // RFC 3207, and nothing is sent without it
	MailImplicit MailTLS = "implicit" // RFC 8314
	MailPlain    MailTLS = "none"     // for a server within the machine or network
)

// Mail says how e-mail leaves. The operator sets it, so the server may be at an address that is not public.
type Mail struct {
	// Host of the mail server (SMTP submission, RFC 6409); no e-mail is sent when it is "".
	Host string
	// Port; 587 when 0, 465 with implicit TLS.
	Port int
	// TLS is starttls when "".
	TLS MailTLS
	// User and Password log in; without a User nobody does.
	User     string
	Password koppel.Secret
	// From is the sender's address.
	From string
	// Timeout of one message; 30 s when 0.
	Timeout time.Duration
}

func (m Mail) options() []mail.Option {
	opts := []mail.Option{mail.WithTimeout(m.timeout())}
	switch m.TLS {
	case MailImplicit:
		opts = append(opts, mail.WithSSL(), mail.WithPort(m.port(465)))
	case MailPlain:
		opts = append(opts, mail.WithTLSPolicy(mail.NoTLS), mail.WithPort(m.port(587)))
	default:
		opts = append(opts, mail.WithTLSPolicy(mail.TLSMandatory), mail.WithPort(m.port(587)))
	}
	if m.User != "" {
		opts = append(opts, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(m.User), mail.WithPassword(m.Password.Reveal()))
	}
	return opts
}

func (m Mail) port(usual int) int {
	if m.Port != 0 {
		return m.Port
	}
	return usual
}

func (m Mail) timeout() time.Duration {
	if m.Timeout > 0 {
		return m.Timeout
	}
	return 30 * time.Second
}

const checkMail = "Check the operator's KOPPEL_SMTP_ variables: docs/configuration.md"

// email sends a message as plain text.
func (n *Notifier) email(ctx context.Context, m Message) error {
	if n.mail.Host == "" {
		return failed(koppel.KindInvalidRequest, m.Channel, "Have the operator set KOPPEL_SMTP_HOST and KOPPEL_SMTP_FROM for server and worker: docs/configuration.md", "no mail server is configured")
	}
	msg, err := n.letter(m)
	if err != nil {
		return failed(koppel.KindInvalidRequest, m.Channel, checkMail, "the message cannot be addressed from %s to %s", n.mail.From, m.Target.Reveal())
	}
	line := &line{host: n.mail.Host, implicit: n.mail.TLS == MailImplicit}
	// The library leaves a connection open whose conversation does not begin well.
	defer line.hangUp()
	client, err := mail.NewClient(n.mail.Host, append(n.mail.options(), mail.WithDialContextFunc(line.dial))...)
	if err != nil {
		return failed(koppel.KindInvalidRequest, m.Channel, checkMail, "the mail server %s cannot be used as it is configured", n.mail.Host)
	}
	ctx, cancel := context.WithTimeout(ctx, n.mail.timeout())
	defer cancel()
	if err := client.DialWithContext(ctx); err != nil {
		return n.mailError(err)
	}
	err = client.Send(msg)
	// What the server has taken is sent, however the conversation ends.
	_ = client.Close()
	return n.mailError(err)
}

// line is the one connection of a conversation.
type line struct {
	host     string
	implicit bool
	conn     net.Conn
}

func (l *line) dial(ctx context.Context, network, address string) (conn net.Conn, err error) {
	if l.implicit {
		conn, err = (&tls.Dialer{Config: &tls.Config{ServerName: l.host, MinVersion: tls.VersionTLS12}}).DialContext(ctx, network, address)
	} else {
		conn, err = (&net.Dialer{}).DialContext(ctx, network, address)
	}
	l.conn = conn
	return conn, err
}

func (l *line) hangUp() {
	if l.conn != nil {
		_ = l.conn.Close()
	}
}

func (n *Notifier) letter(m Message) (*mail.Msg, error) {
	msg := mail.NewMsg()
	if err := msg.From(n.mail.From); err != nil {
		return nil, err
	}
	if err := msg.To(m.Target.Reveal()); err != nil {
		return nil, err
	}
	subject, body := Text(m.Entries, m.Count)
	msg.Subject(subject)
	// RFC 3834: programs that answer by themselves leave it alone.
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetMessageIDWithValue(m.ID + "@" + domainOf(n.mail.From))
	msg.SetDate()
	msg.SetBodyString(mail.TypeTextPlain, subject+"\n\n"+body)
	return msg, nil
}

func domainOf(address string) string {
	at := strings.LastIndexByte(address, '@')
	return strings.Trim(address[at+1:], "> ")
}

// mailError sorts what went wrong: a permanent answer of the server (5xx) is not tried again (RFC 5321 section 4.2.1).
func (n *Notifier) mailError(err error) error {
	var refused *mail.SendError
	var timeout interface{ Timeout() bool }
	switch {
	case err == nil:
		return nil
	case errors.As(err, &refused) && refused.Reason == mail.ErrSMTPReset:
		return nil // taken already; only the end of the conversation failed
	case errors.As(err, &refused) && refused.ErrorCode() >= 500:
		return failed(koppel.KindInvalidRequest, koppel.NoticeEmail, "Check the address, and what the mail server lets us send: "+checkMail, "the mail server %s refuses the message with code %d", n.mail.Host, refused.ErrorCode())
	case errors.As(err, &refused) && refused.ErrorCode() >= 400:
		return failed(koppel.KindRemoteUnavailable, koppel.NoticeEmail, "", "the mail server %s does not take the message now: code %d", n.mail.Host, refused.ErrorCode())
	case errors.As(err, &timeout) && timeout.Timeout():
		return failed(koppel.KindTimeout, koppel.NoticeEmail, "", "the mail server %s did not answer in time", n.mail.Host)
	case strings.Contains(strings.ToLower(err.Error()), "auth"):
		return failed(koppel.KindPermission, koppel.NoticeEmail, checkMail, "the mail server %s refuses the login", n.mail.Host)
	case strings.Contains(strings.ToLower(err.Error()), "starttls"):
		return failed(koppel.KindPermission, koppel.NoticeEmail, checkMail, "the mail server %s offers no STARTTLS, and nothing is sent in the clear", n.mail.Host)
	}
	return failed(koppel.KindNetwork, koppel.NoticeEmail, "", "no connection to the mail server %s", n.mail.Host)
}
