package main

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/koppel-io/koppel/fakes/bol"
	"github.com/koppel-io/koppel/fakes/demoshop"
	"github.com/koppel-io/koppel/fakes/exact"
	"github.com/koppel-io/koppel/fakes/picqer"
)

// options is the whole configuration of one start.
type options struct {
	dir     string
	once    bool
	timeout time.Duration // of --once
	ports   ports
	shop    shopShape
	shaped  []string // flags of the shop's shape that were given
}

// shapeFlags are the flags that a shop is made from and that a restart cannot change.
var shapeFlags = []string{"products", "orders", "suppliers", "variable-every", "seed"}

func newCommand(term terminal) *cobra.Command {
	opts := options{ports: friendlyPorts}
	cmd := &cobra.Command{
		Use:   "koppel-dev",
		Short: "Run the whole platform with a demo shop in one process, for a first look",
		Long: `Run Temporal with its UI, PostgreSQL, the API server, a worker and a demo shop in
one process, couple the shop and show the activation. Everything is kept in one
directory; the next start goes on where this one was. Never for production.`,
		Example: `  koppel-dev
  koppel-dev --products 100000 --dir /tmp/large
  koppel-dev --once
  koppel-dev reset --yes`,
		Version:       version,
		Args:          cobra.NoArgs,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			for _, name := range shapeFlags {
				if cmd.Flags().Changed(name) {
					opts.shaped = append(opts.shaped, name)
				}
			}
			if opts.once {
				for name, port := range map[string]*int{"api-port": &opts.ports.api, "temporal-port": &opts.ports.temporal, "ui-port": &opts.ports.ui, "shop-port": &opts.ports.shop} {
					if !cmd.Flags().Changed(name) {
						*port = 0
					}
				}
				return runOnce(cmd.Context(), opts, term)
			}
			return runOpen(cmd.Context(), opts, term)
		},
	}
	cmd.SetIn(term.in)
	cmd.SetOut(term.out)
	cmd.SetErr(term.err)
	cmd.CompletionOptions.HiddenDefaultCmd = true
	cmd.PersistentFlags().StringVar(&opts.dir, "dir", ".koppel", "directory of the state")
	f := cmd.Flags()
	f.SortFlags = false
	f.BoolVar(&opts.once, "once", false, "without a terminal: free ports, wait until active, print one JSON line, stop")
	f.DurationVar(&opts.timeout, "timeout", 10*time.Minute, "with --once, the longest it may take")
	f.IntVar(&opts.shop.Products, "products", 2000, "rows in the demo shop's list of products")
	f.IntVar(&opts.shop.Orders, "orders", 500, "orders in the demo shop")
	f.IntVar(&opts.shop.Suppliers, "suppliers", 5, "suppliers in the demo shop")
	f.IntVar(&opts.shop.VariableEvery, "variable-every", 20, "every n-th product has three variations; 0 for none")
	f.Uint64Var(&opts.shop.Seed, "seed", 1, "seed of everything the demo shop generates")
	f.IntVar(&opts.ports.api, "api-port", opts.ports.api, "port of the API; 0 takes a free one")
	f.IntVar(&opts.ports.temporal, "temporal-port", opts.ports.temporal, "port of Temporal")
	f.IntVar(&opts.ports.ui, "ui-port", opts.ports.ui, "port of Temporal's UI")
	f.IntVar(&opts.ports.shop, "shop-port", opts.ports.shop, "port of the demo shop")
	cmd.AddCommand(newResetCommand(&opts, term))
	for _, fake := range fakes {
		cmd.AddCommand(fake.command(term))
	}
	return cmd
}

// fakes are the remote systems that can also be run alone.
var fakes = []fake{
	{"demoshop", "the demo shop", demoshop.Main},
	{"bol", "a fake bol account", bol.Main},
	{"exact", "a fake Exact Online", exact.Main},
	{"picqer", "a fake Picqer account", picqer.Main},
}

type fake struct {
	name, what string
	main       func(args []string, stdout io.Writer) error
}

// command runs a fake alone; its flags are its own.
func (f fake) command(term terminal) *cobra.Command {
	return &cobra.Command{
		Use:                f.name,
		Short:              "Run " + f.what + " alone until interrupted (flags: koppel-dev " + f.name + " -h)",
		DisableFlagParsing: true,
		RunE: func(_ *cobra.Command, args []string) error {
			return f.main(args, term.out)
		},
	}
}

func newResetCommand(opts *options, term terminal) *cobra.Command {
	yes := false
	cmd := &cobra.Command{
		Use:   "reset",
		Short: "Stop what runs and delete the state",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return reset(cmd.Context(), opts.dir, yes, term)
		},
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask")
	return cmd
}

// shapeOf settles the shop's shape: that of the first start, which later starts may repeat but not change.
func (o options) shapeOf(h *home, earlier *state) (shopShape, error) {
	if earlier == nil {
		return o.shop, nil
	}
	for _, name := range o.shaped {
		if o.shop.value(name) != earlier.Shop.value(name) {
			return shopShape{}, fmt.Errorf("the demo shop in %s was made with --%s %d: leave the flag out, give another --dir, or begin anew with koppel-dev reset --dir %s",
				h.dir, name, earlier.Shop.value(name), h.dir)
		}
	}
	return earlier.Shop, nil
}

// value is the field of a shape that a flag sets.
func (s shopShape) value(flag string) uint64 {
	switch flag {
	case "products":
		return uint64(s.Products)
	case "orders":
		return uint64(s.Orders)
	case "suppliers":
		return uint64(s.Suppliers)
	case "variable-every":
		return uint64(s.VariableEvery)
	default:
		return s.Seed
	}
}
