package api

import (
	"context"
	"fmt"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

const (
	// takeoverLimit is the largest body of an import, takeoverMost the most rows in one.
	takeoverLimit = 8 << 20
	takeoverMost  = 5000
	// takeoverProblems is how many bad rows one answer names.
	takeoverProblems = 20
)

type takeoverImport struct {
	ByID
	Body struct {
		Rows []koppel.TakeoverRow `json:"rows" minItems:"1" maxItems:"5000"`
	}
}

type takeoverImported struct {
	Imported int `json:"imported"`
}

func (s *server) importTakeover(ctx context.Context, who caller, in *takeoverImport) (takeoverImported, error) {
	if err := checkTakeover(in.Body.Rows); err != nil {
		return takeoverImported{}, err
	}
	_, scope, err := s.findCoupling(ctx, who, in.ID)
	if err != nil {
		return takeoverImported{}, err
	}
	err = s.Store.InTx(ctx, scope, func(tx *store.Tx) error {
		c, err := tx.Coupling(ctx, in.ID)
		if err != nil {
			return err
		}
		if err := tx.ImportTakeover(ctx, c, in.Body.Rows); err != nil {
			return err
		}
		return audit(ctx, tx, who, "takeover.import", c.UUID, nil, map[string]any{"rows": len(in.Body.Rows)})
	})
	return takeoverImported{Imported: len(in.Body.Rows)}, err
}

// checkTakeover names rows that cannot be compared.
func checkTakeover(rows []koppel.TakeoverRow) error {
	bad, named := &fieldErrors{}, 0
	for i, r := range rows {
		for name := range r.Fields {
			if named == takeoverProblems {
				return bad.err("import takeover")
			}
			_, f, known := r.Object.Field(name)
			if known && canCompare(f) {
				continue
			}
			named++
			if !known {
				bad.add(fmt.Sprintf("body.rows[%d].fields.%s", i, name), string(r.Object)+" has no such field")
			} else {
				bad.add(fmt.Sprintf("body.rows[%d].fields.%s", i, name), "this field cannot be compared: only texts, numbers, booleans, dates and times can")
			}
		}
	}
	return bad.err("import takeover")
}

func canCompare(f koppel.Field) bool {
	switch f.Type {
	case koppel.Text, koppel.Int, koppel.Bool, koppel.Decimal, koppel.Time, koppel.Date:
		return !f.Derived
	}
	return false
}

func (s *server) clearTakeover(ctx context.Context, who caller, in *ByID) (takeoverImported, error) {
	c, scope, err := s.findCoupling(ctx, who, in.ID)
	if err != nil {
		return takeoverImported{}, err
	}
	return takeoverImported{}, s.Store.InTx(ctx, scope, func(tx *store.Tx) error {
		n, err := tx.ClearTakeover(ctx, c.ID)
		if err != nil {
			return err
		}
		return audit(ctx, tx, who, "takeover.clear", c.UUID, map[string]any{"rows": n}, nil)
	})
}

// takeoverReport is what another platform has of a coupling beside ours.
type takeoverReport struct {
	koppel.TakeoverReport
	Shadow *shadow `json:"shadow,omitempty" doc:"Absent when the coupling is not in shadow"`
	Held   int64   `json:"held" doc:"Writes that were asked for and are not done; in shadow they go out with the cut over"`
}

func (s *server) getTakeover(ctx context.Context, who caller, in *ByID) (takeoverReport, error) {
	c, scope, err := s.findCoupling(ctx, who, in.ID)
	if err != nil {
		return takeoverReport{}, err
	}
	return store.Read(ctx, s.Store, scope, func(tx *store.Tx) (takeoverReport, error) {
		report, err := tx.TakeoverReport(ctx, c)
		if err != nil {
			return takeoverReport{}, err
		}
		if !who.key.Allows(objectsRead) {
			for i := range report.Differing {
				report.Differing[i].Theirs, report.Differing[i].Ours = nil, nil
			}
		}
		held, err := tx.HeldWrites(ctx, c.ID)
		return takeoverReport{TakeoverReport: report, Shadow: shadowOf(c), Held: held}, err
	})
}
