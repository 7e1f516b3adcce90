package activities

import (
	"context"
	"fmt"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

// evidences is what a run's scans can show.
func evidences(ctx context.Context, tx *store.Tx, run store.Run, scans []store.Scan) ([]koppel.Evidence, error) {
	var all []koppel.Evidence
	for _, scan := range scans {
		usual, err := tx.UsualCount(ctx, scan)
		if err != nil {
			return nil, err
		}
		compared, err := tx.Compared(ctx, scan.ID)
		if err != nil {
			return nil, err
		}
		e := evidenceOf(run, scan, usual, compared)
		if run.Mode == koppel.ModeSince {
			if e.Odd, err = tx.LikeFull(ctx, scan, usual); err != nil {
				return nil, err
			}
		}
		all = append(all, e)
	}
	return all, nil
}

// A complete read that left out more than this many records that are there,
// and more than one in a hundred, was not complete.
const unlistedFew = 10

func evidenceOf(run store.Run, scan store.Scan, usual store.Band, compared store.Compared) koppel.Evidence {
	e := koppel.Evidence{
		Stream: scan.Stream, EndRule: scan.EndRule, Complete: scan.Complete, Total: scan.Total, Read: scan.Records, Ignored: scan.Ignored,
		Unseen: compared.Missing, Unlisted: compared.Unlisted, Waiting: compared.Waiting, Kept: compared.Kept, Swept: scan.Swept,
	}
	switch {
	case !run.Mode.Scans():
	case e.EndRule == "":
		e.Missing = "the end of the stream was not reached"
	case e.Total > e.Read:
		e.Missing = fmt.Sprintf("the remote counts %d records, %d were read", e.Total, e.Read)
	case usual.Outside(scan) != "":
		e.Missing = usual.Outside(scan)
	case e.Unlisted > unlistedFew && e.Unlisted*100 > e.Read:
		e.Missing = fmt.Sprintf("the remote did not list %d records that it has: of %d that were not listed, %d were asked for singly", e.Unlisted, e.Unseen, compared.Asked)
	}
	return e
}
