package main

import (
	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/notify"
)

// mail reads how e-mail leaves; the variables go together.
func (r *reader) mail() notify.Mail {
	m := notify.Mail{
		Host: r.env["KOPPEL_SMTP_HOST"], Port: r.count("KOPPEL_SMTP_PORT", 65535), TLS: notify.MailTLS(r.env["KOPPEL_SMTP_TLS"]),
		User: r.env["KOPPEL_SMTP_USER"], Password: r.secret("KOPPEL_SMTP_PASSWORD", false), From: r.env["KOPPEL_SMTP_FROM"],
	}
	switch m.TLS {
	case "", notify.MailStartTLS, notify.MailImplicit, notify.MailPlain:
	default:
		r.problem("KOPPEL_SMTP_TLS: %q is none of starttls, implicit, none", m.TLS)
	}
	if (m.Host == "") != (m.From == "") {
		r.problem("KOPPEL_SMTP_HOST and KOPPEL_SMTP_FROM go together: give both or neither")
	}
	if m.From != "" && koppel.CheckNoticeTarget(koppel.NoticeEmail, m.From) != nil {
		r.problem("KOPPEL_SMTP_FROM: %q is no address such as koppel@example.com", m.From)
	}
	if (m.User == "") != m.Password.IsZero() {
		r.problem("KOPPEL_SMTP_USER and KOPPEL_SMTP_PASSWORD go together: give both or neither")
	}
	return m
}
