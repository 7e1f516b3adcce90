package web

import (
	"strings"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
)

// inboxPage is what needs a person now, by cause and who must act.
type inboxPage struct {
	Groups []client.InboxGroup
	Owner  koppel.Owner
	// Handled says that what people take care of already is shown too.
	Handled bool
}

func (s *site) inbox(v *visit) (*page, error) {
	q := v.URL.Query()
	f := client.InboxFilter{Webshop: q.Get("webshop"), Coupling: q.Get("coupling"), Owner: koppel.Owner(q.Get("owner")), Handled: q.Get("handled") != ""}
	list, err := v.api.Inbox(v.Context(), f)
	return &page{name: "inbox", Title: "Inbox", Section: "inbox", Data: inboxPage{Groups: list.Data, Owner: f.Owner, Handled: f.Handled}}, err
}

// actOnInbox is a button of an item.
func (s *site) actOnInbox(v *visit) (*page, error) {
	ctx, id, note := v.Context(), v.PathValue("id"), strings.TrimSpace(v.PostForm.Get("note"))
	word, err := v.PathValue("action"), error(nil)
	switch word {
	case "acknowledge":
		_, err = v.api.AcknowledgeInbox(ctx, id, note)
	case "snooze":
		_, err = v.api.SnoozeInbox(ctx, id, time.Now().Add(24*time.Hour), note)
	case "reopen":
		_, err = v.api.ReopenInbox(ctx, id)
	default:
		err = errNoPage
	}
	return &page{to: "/inbox?done=" + word}, err
}
