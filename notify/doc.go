// Package notify tells people: it writes notices in plain words and sends them
// by Slack's incoming webhooks and by e-mail. It stores nothing; what is told,
// when and how often is decided where notices are kept.
//
// Sending is at least once. An error whose Retries is true may be tried again;
// when the answer was lost, the message can then come twice. An e-mail keeps
// its Message-ID, so that mail programs which look at it show one.
package notify
