package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
)

func (p *program) noticeCommand() *cobra.Command {
	return noun("notice", "Have people told by Slack and e-mail what needs them, and when it is over",
		p.noticeList(), p.noticeAdd(), p.noticeTest(), p.noticeShow(), p.noticeRemove())
}

func (p *program) noticeAdd() *cobra.Command {
	var (
		n            client.NewNoticeRule
		slack        bool
		email, floor string
	)
	cmd := &cobra.Command{
		Use: "add", Short: "Have people told", Args: cobra.NoArgs,
		Long: `Has people told of one webshop, of an organisation's webshops, or of all: what the inbox
has for them, once when it comes and once when it is over, and that an activation
started and finished. The same cause of the same coupling is told again after the quiet
time only, when it came back or there is more of it; what comes together is one message.

The address of Slack's incoming webhook is a secret: it is asked for without echo, or read
from standard input, and never shown again. E-mail leaves by the operator's mail server.

What can be told: ` + strings.Join(koppel.NoticeWants(), ", ") + `.
All but activation_steps is told when --wants is left out.`,
		Example: "  koppel notice add --slack\n  koppel notice add --slack --webshop 8f2c1a --floor warning < webhook-url.txt\n" +
			"  koppel notice add --email support@example.com --wants needs_reauth,failing,parked --parked-above 20 --quiet 240",
		RunE: action(func(ctx context.Context, _ []string) error {
			var err error
			if floor != "" {
				if n.Floor, err = isOneOf("severity", floor, koppel.Severities()); err != nil {
					return err
				}
			}
			for _, want := range n.Wants {
				if _, err := isOneOf("want", want, koppel.NoticeWants()); err != nil {
					return err
				}
			}
			n := n
			n.Channel, n.Target = koppel.NoticeEmail, koppel.NewSecret(email)
			if slack {
				n.Channel = koppel.NoticeSlack
				if n.Target, err = p.slackAddress(ctx); err != nil {
					return err
				}
			}
			if err := koppel.CheckNoticeTarget(n.Channel, n.Target.Reveal()); err != nil {
				return usagef("%s", koppel.DetailOf(err))
			}
			c, err := p.api()
			if err != nil {
				return err
			}
			if n.Webshop, err = webshopID(ctx, c, n.Webshop); err != nil {
				return err
			}
			r, err := c.AddNoticeRule(ctx, n)
			if err != nil {
				return err
			}
			if err := p.showNoticeRule(r); err != nil {
				return err
			}
			p.note("Try it: koppel notice test %s", r.ID)
			return nil
		}),
	}
	flags := cmd.Flags()
	flags.BoolVar(&slack, "slack", false, "by an incoming webhook of Slack, whose address is asked for or read from standard input")
	flags.StringVar(&email, "email", "", "by e-mail to this address")
	flags.StringVar(&n.Webshop, "webshop", "", "only of a webshop")
	flags.StringVar(&n.Organisation, "organisation", "", "only of an organisation's webshops, by its whole id")
	flags.StringSliceVar(&n.Wants, "wants", nil, "what is told, by commas")
	flags.StringVar(&floor, "floor", "", "what matters less is not told: info, warning or critical (info)")
	flags.IntVar(&n.QuietMinutes, "quiet", 60, "for how many minutes one cause of one coupling is not told again")
	flags.Int64Var(&n.ParkedAbove, "parked-above", 0, "tell of parked records and reviews when a coupling has more, or when they wait for a week")
	cmd.MarkFlagsMutuallyExclusive("slack", "email")
	cmd.MarkFlagsOneRequired("slack", "email")
	cmd.MarkFlagsMutuallyExclusive("webshop", "organisation")
	_ = cmd.RegisterFlagCompletionFunc("wants", fixed(koppel.NoticeWants()...))
	_ = cmd.RegisterFlagCompletionFunc("floor", fixed(words(koppel.Severities())...))
	return cmd
}

// The longest address that is read from standard input, in bytes.
const slackAddressMost = 4 << 10

// slackAddress asks for the address on a terminal, and else reads standard input.
func (p *program) slackAddress(ctx context.Context) (koppel.Secret, error) {
	if terminal(p.in) != nil {
		given, err := p.askCredentials(ctx, []koppel.Setting{{Name: "address", Title: "Address of the incoming webhook", Type: koppel.SettingString, Secret: true}})
		return koppel.NewSecret(fmt.Sprint(given["address"])), err
	}
	text, err := io.ReadAll(io.LimitReader(p.in, slackAddressMost))
	return koppel.NewSecret(strings.TrimSpace(string(text))), koppel.Wrap("read the address", err)
}

func (p *program) noticeList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List who is told what", Args: cobra.NoArgs, Example: "  koppel notice list",
		RunE: p.calling(func(ctx context.Context, c *client.Client, _ []string) error {
			rules, err := c.NoticeRules(ctx)
			if err != nil {
				return err
			}
			err = p.show(rules, func(t *table) {
				t.row("RULE", "OF", "CHANNEL", "TARGET", "FLOOR", "QUIET", "WANTS", "LAST SENT", "WAITING", "PROBLEM")
				for _, r := range rules.Data {
					t.row(r.ID, noticeOf(r), r.Channel, r.Target, r.Floor, quietOf(r), strings.Join(r.Wants, ","), r.SentAt, r.Waiting, r.Error)
				}
			})
			if err == nil && len(rules.Data) == 0 {
				p.note("Nobody is told of anything: koppel notice add")
			}
			return err
		}),
	}
}

func noticeOf(r client.NoticeRule) string {
	switch {
	case r.Webshop != "":
		return "webshop " + first(r.WebshopName, r.Webshop)
	case r.Organisation != "":
		return "organisation " + first(r.OrganisationName, r.Organisation)
	}
	return "all webshops"
}

func quietOf(r client.NoticeRule) string { return fmt.Sprintf("%d min", r.QuietMinutes) }

// noticeVerb is a verb of one rule.
func (p *program) noticeVerb(use, short, long, example string, do func(ctx context.Context, c *client.Client, id string) error) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Long: long, Args: cobra.ExactArgs(1), Example: example,
		RunE: p.calling(func(ctx context.Context, c *client.Client, args []string) error {
			rules := func(ctx context.Context, _ client.Page) (client.List[client.NoticeRule], error) {
				return c.NoticeRules(ctx)
			}
			rule, err := id("notice rule", args[0], ids(ctx, rules, func(r client.NoticeRule) string { return r.ID }))
			if err != nil {
				return err
			}
			return do(ctx, c, rule)
		}),
	}
}

func (p *program) noticeTest() *cobra.Command {
	return p.noticeVerb("test RULE", "Send a notice at once and tell what became of it",
		"Sends a notice at once, from the server, and tells whether Slack or the mail server took it.", "  koppel notice test 8f2c1a",
		func(ctx context.Context, c *client.Client, id string) error {
			tested, err := c.TestNoticeRule(ctx, id)
			if err != nil {
				return err
			}
			err = p.show(tested, func(t *table) {
				t.pair("sent", tested.OK)
				if tested.Problem != nil {
					t.pair("problem", tested.Problem.Detail)
					t.pair("do", tested.Problem.Next)
				}
			})
			if err == nil && !tested.OK {
				return koppel.E(tested.Problem.Kind, "test notice rule", "the notice was not taken")
			}
			return err
		})
}

func (p *program) noticeShow() *cobra.Command {
	return p.noticeVerb("show RULE", "Show a rule with its newest notices", "Shows a rule with its newest twenty notices: what they told, and whether they arrived.", "  koppel notice show 8f2c1a",
		func(ctx context.Context, c *client.Client, id string) error {
			r, err := c.NoticeRule(ctx, id)
			if err != nil {
				return err
			}
			return p.showNoticeRule(r)
		})
}

func (p *program) noticeRemove() *cobra.Command {
	return p.noticeVerb("remove RULE", "Have people told no longer", "Removes a rule with its notices; what is on its way is not sent any more.", "  koppel notice remove 8f2c1a",
		func(ctx context.Context, c *client.Client, id string) error {
			r, err := c.RemoveNoticeRule(ctx, id)
			if err != nil {
				return err
			}
			return p.showNoticeRule(r)
		})
}

func (p *program) showNoticeRule(r client.NoticeRule) error {
	return p.show(r, func(t *table) {
		t.pair("rule", r.ID)
		t.pair("of", noticeOf(r))
		t.pair("channel", r.Channel)
		t.pair("target", r.Target)
		t.pair("wants", strings.Join(r.Wants, ", "))
		t.pair("floor", r.Floor)
		t.pair("quiet", quietOf(r))
		t.pair("parked above", r.ParkedAbove)
		t.pair("made by", r.CreatedBy)
		t.pair("last sent", r.SentAt)
		t.pair("last given up", r.FailedAt)
		t.pair("on their way", r.Waiting)
		t.pair("problem", r.Error)
		if len(r.Notices) == 0 {
			return
		}
		t.gap()
		t.row("AT", "STATE", "TRIES", "TELLS", "PROBLEM")
		for _, n := range r.Notices {
			for i, e := range n.Entries {
				tells := strings.TrimSpace(string(e.News) + " " + joined(e.Webshop, e.Coupling) + ": " + e.Title)
				if i > 0 {
					t.row("", "", "", tells, "")
					continue
				}
				t.row(n.CreatedAt, n.State, n.Attempts, tells, n.Error)
			}
			if n.Count > len(n.Entries) {
				t.row("", "", "", fmt.Sprintf("and %d more", n.Count-len(n.Entries)), "")
			}
		}
	})
}
