package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
)

func (p *program) inboxCommand() *cobra.Command {
	cmd := p.inboxRead()
	cmd.AddCommand(
		p.inboxHandle("acknowledge ITEM", "Say that you take care of an item; it shows again when more of it comes", "  koppel inbox acknowledge 3f9a01bc2d4e\n  koppel inbox acknowledge 3f9a01 --note 'called the customer'", false,
			func(ctx context.Context, c *client.Client, id, note string, _ time.Time) (client.InboxItem, error) {
				return c.AcknowledgeInbox(ctx, id, note)
			}),
		p.inboxHandle("snooze ITEM", "Put an item off until a time", "  koppel inbox snooze 3f9a01bc2d4e --until 2026-12-01\n  koppel inbox snooze 3f9a01 --for 4h", true,
			func(ctx context.Context, c *client.Client, id, note string, until time.Time) (client.InboxItem, error) {
				return c.SnoozeInbox(ctx, id, until, note)
			}),
		p.inboxHandle("note ITEM --note TEXT", "Leave a note for the next one, in place of the last", "  koppel inbox note 3f9a01bc2d4e --note 'the vendor looks at it'", false,
			func(ctx context.Context, c *client.Client, id, note string, _ time.Time) (client.InboxItem, error) {
				return c.NoteInbox(ctx, id, note)
			}),
		p.inboxHandle("reopen ITEM", "Show an item again that was acknowledged or put off", "  koppel inbox reopen 3f9a01bc2d4e", false,
			func(ctx context.Context, c *client.Client, id, _ string, _ time.Time) (client.InboxItem, error) {
				return c.ReopenInbox(ctx, id)
			}),
	)
	return cmd
}

var owners = []koppel.Owner{koppel.OwnerCustomer, koppel.OwnerVendor, koppel.OwnerUs}

func (p *program) inboxRead() *cobra.Command {
	var (
		filter       client.InboxFilter
		cause, owner string
	)
	cmd := &cobra.Command{
		Use: "inbox", Short: "Show what needs a person now, by cause and who must act", Args: cobra.NoArgs,
		Long: `Shows what needs a person now, across all couplings that the key sees: refused
credentials, failing and suspect reads, proposals, parked records by cause, the
review queue, writes whose outcome nobody knows, caps, stops, reads that are overdue.
Each item says since when, how much, who must act and the next command.

What is acknowledged is hidden until more of it comes, what is put off until its time;
--handled shows them too.`,
		Example: "  koppel inbox\n  koppel inbox --webshop 8f2c1a --owner customer\n  koppel inbox --cause parked --handled",
		RunE: action(func(ctx context.Context, _ []string) error {
			var err error
			if cause != "" {
				if filter.Cause, err = isOneOf("cause", cause, koppel.Causes()); err != nil {
					return err
				}
			}
			if owner != "" {
				if filter.Owner, err = isOneOf("owner", owner, owners); err != nil {
					return err
				}
			}
			c, err := p.api()
			if err != nil {
				return err
			}
			filter := filter
			if filter.Webshop, err = webshopID(ctx, c, filter.Webshop); err != nil {
				return err
			}
			if filter.Coupling, err = couplingID(ctx, c, filter.Coupling); err != nil {
				return err
			}
			groups, err := c.Inbox(ctx, filter)
			if err != nil {
				return err
			}
			if groups.Data == nil {
				groups.Data = []client.InboxGroup{}
			}
			return p.show(groups, func(t *table) { inboxRows(t, groups.Data) })
		}),
	}
	flags := cmd.Flags()
	flags.StringVar(&filter.Webshop, "webshop", "", "only of a webshop")
	flags.StringVar(&filter.Organisation, "organisation", "", "only of an organisation, by its whole id")
	flags.StringVar(&filter.Coupling, "coupling", "", "only of a coupling")
	flags.StringVar(&cause, "cause", "", "only of a cause, such as parked")
	flags.StringVar(&owner, "owner", "", "only what customer, vendor or us must do")
	flags.BoolVar(&filter.Handled, "handled", false, "show also what is acknowledged or put off")
	cmd.MarkFlagsMutuallyExclusive("webshop", "organisation")
	_ = cmd.RegisterFlagCompletionFunc("cause", fixed(words(koppel.Causes())...))
	_ = cmd.RegisterFlagCompletionFunc("owner", fixed(words(owners)...))
	return cmd
}

func inboxRows(t *table, groups []client.InboxGroup) {
	if len(groups) == 0 {
		t.row("Nothing needs a person now.")
	}
	for i, g := range groups {
		if i > 0 {
			t.gap()
		}
		t.row(fmt.Sprintf("%s: %s (%d)", g.Cause, g.Title, g.Count))
		t.row("ITEM", "WHO MUST ACT", "COUNT", "SINCE", "WEBSHOP", "COUPLING", "DETAIL", "NEXT")
		for _, item := range g.Items {
			since := stamp(item.Oldest)
			if item.Aged {
				since += " (aged)"
			}
			t.row(item.ID, whoActs(g.Owner), item.Count, since, first(item.WebshopName, "all"), first(item.CouplingName, item.Connector), item.Detail, item.Next)
			if said := handled(item.Handling); said != "" {
				t.row("", said)
			}
		}
	}
}

// whoActs is an owner as people say it.
func whoActs(owner koppel.Owner) string {
	if owner == koppel.OwnerUs {
		return "us"
	}
	return "the " + string(owner)
}

// handled says what people said about an item.
func handled(h *client.InboxHandling) string {
	if h == nil {
		return ""
	}
	said := ""
	if h.AcknowledgedAt != nil {
		said = joined(said, "acknowledged by "+h.AcknowledgedBy+" at "+stamp(*h.AcknowledgedAt))
	}
	if h.SnoozedUntil != nil {
		said = joined(said, "put off by "+h.SnoozedBy+" until "+stamp(*h.SnoozedUntil))
	}
	if h.Note != "" {
		said = joined(said, "note of "+h.NotedBy+": "+h.Note)
	}
	return said
}

// inboxHandle is a verb that says something about an item.
func (p *program) inboxHandle(use, short, example string, snooze bool, do func(context.Context, *client.Client, string, string, time.Time) (client.InboxItem, error)) *cobra.Command {
	var note, until, span string
	cmd := &cobra.Command{
		Use: use, Short: short, Args: cobra.ExactArgs(1), Example: example,
		RunE: action(func(ctx context.Context, args []string) error {
			var at time.Time
			if snooze {
				var err error
				if at, err = snoozeUntil(until, span, time.Now()); err != nil {
					return err
				}
			}
			c, err := p.api()
			if err != nil {
				return err
			}
			item, err := itemID(ctx, c, args[0])
			if err != nil {
				return err
			}
			done, err := do(ctx, c, item, note, at)
			if err != nil {
				return err
			}
			return p.show(done, func(t *table) {
				t.pair("item", done.ID)
				t.pair("webshop", done.WebshopName)
				t.pair("coupling", done.CouplingName)
				t.pair("detail", done.Detail)
				t.pair("handling", first(handled(done.Handling), "open"))
			})
		}),
	}
	if cmd.Name() != "reopen" {
		cmd.Flags().StringVar(&note, "note", "", "what the next one should know")
	}
	if cmd.Name() == "note" {
		_ = cmd.MarkFlagRequired("note")
	}
	if snooze {
		cmd.Flags().StringVar(&until, "until", "", "a day (2026-01-31) or a time (2026-01-31T08:00:00Z)")
		cmd.Flags().StringVar(&span, "for", "", "how long, such as 4h or 7d")
		cmd.MarkFlagsMutuallyExclusive("until", "for")
		cmd.MarkFlagsOneRequired("until", "for")
	}
	return cmd
}

func snoozeUntil(until, length string, now time.Time) (time.Time, error) {
	if length != "" {
		d, ok := span(length)
		if !ok {
			return time.Time{}, usagef("--for %q is no length of time such as 4h or 7d", length)
		}
		return now.Add(d).UTC().Truncate(time.Second), nil
	}
	at, err := moment("--until", until, now)
	switch {
	case err != nil:
		return time.Time{}, err
	case !at.After(now):
		return time.Time{}, usagef("--until %q is not in the future", until)
	}
	return *at, nil
}

// itemID finds an item by the beginning of its id.
func itemID(ctx context.Context, c *client.Client, given string) (string, error) {
	groups, err := c.Inbox(ctx, client.InboxFilter{Handled: true})
	if err != nil {
		return "", err
	}
	var found []string
	for _, g := range groups.Data {
		for _, item := range g.Items {
			if len(given) >= idTail && len(given) <= len(item.ID) && item.ID[:len(given)] == given {
				found = append(found, item.ID)
			}
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return "", koppel.E(koppel.KindNotFound, "find inbox item", fmt.Sprintf("no item begins with %q; its cause may be gone: koppel inbox --handled", given))
	}
	return "", usagef("%q is the beginning of several items", given)
}
