package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/koppel-io/koppel/client"
)

func (p *program) personCommand() *cobra.Command {
	return noun("person", "Find and erase a person's data", p.personFind(), p.personErase())
}

func personFlags(cmd *cobra.Command, asked *client.AskedPerson) {
	flags := cmd.Flags()
	flags.StringVar(&asked.Email, "email", "", "e-mail address")
	flags.StringVar(&asked.Phone, "phone", "", "phone number, compared by its last nine digits")
	flags.StringVar(&asked.Name, "name", "", "first and last name")
	flags.StringVar(&asked.RemoteID, "remote-id", "", "the remote system's id of the customer")
	cmd.MarkFlagsOneRequired("email", "phone", "name", "remote-id")
}

func (p *program) personFind() *cobra.Command {
	var asked client.AskedPerson
	cmd := &cobra.Command{
		Use: "find WEBSHOP", Short: "Count where a person's data stands", Args: cobra.ExactArgs(1),
		Long:    "Count where a person's data stands in a webshop, by kind of data. Whatever is given finds.\nIt reads every stored body of the webshop.",
		Example: "  koppel person find 8f2c1a --email jan@example.nl\n  koppel person find 8f2c1a --phone '06 1234 5678' --name 'Jan de Vries'",
		RunE: p.calling(func(ctx context.Context, c *client.Client, args []string) error {
			id, err := webshopID(ctx, c, args[0])
			if err != nil {
				return err
			}
			found, err := c.FindPerson(ctx, id, asked)
			if err != nil {
				return err
			}
			return p.showPerson(found)
		}),
	}
	personFlags(cmd, &asked)
	return cmd
}

func (p *program) personErase() *cobra.Command {
	var asked client.AskedPerson
	var yes bool
	cmd := &cobra.Command{
		Use: "erase WEBSHOP", Short: "Erase a person's data for good", Args: cobra.ExactArgs(1),
		Long: "Erase a person's data from a webshop for good. Orders keep quantities, values and dates. A digest of what is\n" +
			"given is kept, so that what a remote shows of the person again is stored without personal values.\n" +
			"Look first: koppel person find. Broken off, say it again and it goes on.",
		Example: "  koppel person erase 8f2c1a --email jan@example.nl\n  koppel person erase 8f2c1a --remote-id 1741 --yes",
		RunE: p.calling(func(ctx context.Context, c *client.Client, args []string) error {
			id, err := webshopID(ctx, c, args[0])
			if err != nil {
				return err
			}
			if !yes {
				found, err := c.FindPerson(ctx, id, asked)
				if err != nil {
					return err
				}
				if err := p.showPerson(found); err != nil {
					return err
				}
				if err := p.sure(ctx, "Erase this for good?"); err != nil {
					return err
				}
			}
			done, err := c.ErasePerson(ctx, id, asked)
			if err != nil {
				return err
			}
			return p.showPerson(done)
		}),
	}
	personFlags(cmd, &asked)
	cmd.Flags().BoolVar(&yes, "yes", false, "do not show and ask first")
	return cmd
}

func (p *program) showPerson(found client.Person) error {
	head, tell := "FOUND", "Erasing does not reach:"
	if found.Erased {
		head, tell = "ERASED", "Not reached:"
	}
	err := p.show(found, func(t *table) {
		t.row("PLACE", head, "EFFECT")
		for _, place := range found.Places {
			t.row(place.Place, place.Found, place.Effect)
		}
	})
	if err != nil {
		return err
	}
	p.note("%s", tell)
	for _, text := range found.Stays {
		p.note("- %s", text)
	}
	return nil
}
