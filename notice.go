package koppel

import (
	"fmt"
	"net/mail"
	"net/netip"
	"net/url"
	"slices"
	"time"
)

// NoticeChannel is by what people are told.
type NoticeChannel string

// The channels of notices.
const (
	NoticeSlack NoticeChannel = "slack" // an incoming webhook of Slack
	NoticeEmail NoticeChannel = "email"
)

// Severity is how much a notice matters.
type Severity string

// The severities, the least first.
const (
	SeverityInfo     Severity = "info"     // worth knowing
	SeverityWarning  Severity = "warning"  // somebody should look at it today
	SeverityCritical Severity = "critical" // something stands still
)

// Severities are all of them, the least first.
func Severities() []Severity { return []Severity{SeverityInfo, SeverityWarning, SeverityCritical} }

// AtLeast reports whether s matters as much as floor, or more.
func (s Severity) AtLeast(floor Severity) bool {
	all := Severities()
	return slices.Index(all, s) >= slices.Index(all, floor)
}

// What a notice rule may want beside the causes of the inbox.
const (
	WantProgress = "activation_progress" // an activation started, and finished
	WantSteps    = "activation_steps"    // each of its steps is done
)

// NoticeWants are all that a notice rule may want: the causes of the inbox and the progress of activations.
func NoticeWants() []string {
	wants := []string{WantProgress, WantSteps}
	for _, cause := range Causes() {
		wants = append(wants, string(cause))
	}
	return wants
}

// UsualWants are what a notice rule wants that does not say so: all but each step.
func UsualWants() []string {
	return slices.DeleteFunc(NoticeWants(), func(w string) bool { return w == WantSteps })
}

// NoticeNews is what became of the thing that a notice tells of.
type NoticeNews string

// The news.
const (
	NewsRaised   NoticeNews = "raised"   // it needs a person now
	NewsAgain    NoticeNews = "again"    // it came back, or there is more of it
	NewsSolved   NoticeNews = "solved"   // it is over
	NewsProgress NoticeNews = "progress" // nobody has to do anything
)

// NoticeEntry is one thing that a notice tells. It holds no secret.
type NoticeEntry struct {
	News     NoticeNews `json:"news"`
	Severity Severity   `json:"severity"`
	// Title says what it is, Detail the specific value.
	Title  string `json:"title"`
	Detail string `json:"detail,omitempty"`
	// Webshop and Coupling are names; "" where it concerns several.
	Webshop  string `json:"webshop,omitempty"`
	Coupling string `json:"coupling,omitempty"`
	// Count is how much of it there is, Returns how often it came and went since it was last told.
	Count   int64     `json:"count,omitempty"`
	Returns int       `json:"returns,omitempty"`
	Since   time.Time `json:"since,omitzero"`
	Owner   Owner     `json:"owner,omitempty"`
	// Next is the next step, with the exact command.
	Next string `json:"next,omitempty"`
}

// CheckNoticeTarget tells what is wrong with where a channel leads: for Slack the address of an incoming webhook,
// which is a secret and so travels by https (or within this machine), for e-mail one address.
func CheckNoticeTarget(channel NoticeChannel, target string) error {
	const op = "check target of notices"
	switch channel {
	case NoticeSlack:
		u, err := url.Parse(target)
		if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && !(u.Scheme == "http" && within(u.Hostname())) {
			return E(KindInvalidRequest, op, "the target of slack is the address of an incoming webhook, such as https://hooks.slack.com/services/T…/B…/…")
		}
	case NoticeEmail:
		address, err := mail.ParseAddress(target)
		if err != nil || address.Name != "" || address.Address != target {
			return E(KindInvalidRequest, op, fmt.Sprintf("%q is no e-mail address such as support@example.com", target))
		}
	default:
		return E(KindInvalidRequest, op, fmt.Sprintf("the channel %q is neither slack nor email", channel))
	}
	return nil
}

// within: the host is this machine.
func within(host string) bool {
	address, err := netip.ParseAddr(host)
	return err == nil && address.IsLoopback()
}
