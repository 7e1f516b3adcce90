package api

import (
	"context"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

type compareRequest struct {
	ByID
	Body struct {
		Object koppel.Object `json:"object,omitempty" enum:"suppliers,products,product_compositions,supplier_products,sell_orders,shipments,buy_orders,item_deliveries" doc:"Its whole stream group is compared; all that the coupling reads when absent"`
		Sample int           `json:"sample,omitempty" minimum:"0" maximum:"200" doc:"How many records of each stream to look at; 20 when absent"`
	}
}

// comparing are the runs that compare.
type comparing struct {
	Runs []string `json:"runs" nullable:"false" doc:"One for each stream group"`
}

// comparison is what a run found of a stream.
type comparison struct {
	Run   string    `json:"run" format:"uuid"`
	Group string    `json:"group" doc:"Stream group"`
	At    time.Time `json:"at"`
	koppel.Comparison
}

type comparisons struct {
	Data []comparison `json:"data" nullable:"false"`
}

// compareCoupling opens a run for each stream group: it calls the remote, so it
// goes through budgets and errors as every run does.
func (s *server) compareCoupling(ctx context.Context, who caller, in *compareRequest) (comparing, error) {
	const op = "compare coupling"
	c, scope, err := s.findCoupling(ctx, who, in.ID)
	if err != nil {
		return comparing{}, err
	}
	connector, err := s.connectorOf(ctx, c)
	if err != nil {
		return comparing{}, err
	}
	settings, err := settingsOf(c, connector)
	if err != nil {
		return comparing{}, err
	}
	groups := connector.GroupsOn(settings)
	if in.Body.Object != "" {
		group, ok := connector.Group(in.Body.Object)
		if !ok {
			bad := &fieldErrors{}
			bad.add("body.object", "connector "+c.Connector+" does not read "+string(in.Body.Object)+"; it reads "+objectNames(connector))
			return comparing{}, bad.err(op)
		}
		groups = []string{string(group.Name)}
	}
	if len(groups) == 0 {
		return comparing{}, koppel.E(koppel.KindConflict, op, "the coupling reads no object: every one is off in its settings")
	}
	out := comparing{Runs: []string{}}
	for _, group := range groups {
		run, err := s.open(ctx, who, scope, store.NewRun{Coupling: c.UUID, StreamGroup: group, Mode: koppel.ModeCompare, Keys: store.RunKeys{Sample: in.Body.Sample}})
		if err != nil {
			return out, err
		}
		out.Runs = append(out.Runs, run.Run)
	}
	return out, nil
}

func (s *server) getComparison(ctx context.Context, who caller, in *ByID) (comparisons, error) {
	return store.Read(ctx, s.Store, who.scope, func(tx *store.Tx) (comparisons, error) {
		if _, err := tx.Run(ctx, in.ID); err != nil {
			return comparisons{}, err
		}
		rows, err := tx.Comparisons(ctx, in.ID)
		return showComparisons(who, rows), err
	})
}

func (s *server) lastComparisons(ctx context.Context, who caller, in *ByID) (comparisons, error) {
	_, scope, err := s.findCoupling(ctx, who, in.ID)
	if err != nil {
		return comparisons{}, err
	}
	return store.Read(ctx, s.Store, scope, func(tx *store.Tx) (comparisons, error) {
		rows, err := tx.LastComparisons(ctx, in.ID)
		return showComparisons(who, rows), err
	})
}

// showComparisons leaves values out for a key that may not read objects.
func showComparisons(who caller, rows []store.ComparisonRow) comparisons {
	out := comparisons{Data: []comparison{}}
	for _, r := range rows {
		if !who.key.Allows(objectsRead) {
			for i := range r.Report.Differing {
				fields := r.Report.Differing[i].Fields
				for j := range fields {
					fields[j].Remote, fields[j].Read, fields[j].Ours = nil, nil, nil
				}
			}
		}
		out.Data = append(out.Data, comparison{Run: r.RunUUID, Group: r.Group, At: r.At, Comparison: r.Report})
	}
	return out
}
