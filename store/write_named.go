package store

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// newsMost is the most records of a group that wait because new records named them. What is above it is left to the
// group's next full read, which costs less than as many single ones.
const newsMost = refetchMost

const (
	waitingNewsSQL = `SELECT count(*) FROM refetch_key WHERE coupling_id = $1 AND stream_group = $2 AND run_id = 0 AND remote_id <> ''`
	// What a call gave whole is read after all: the new record may be younger.
	newsSQL = `
INSERT INTO refetch_key (webshop_id, coupling_id, stream_group, stream, remote_id, ticket, events, news)
SELECT $1, $2, $3, k.stream, k.id, nextval('ticket'), 0, k.news FROM unnest($4::text[], $5::text[], $6::integer[]) AS k(stream, id, news)
ON CONFLICT (coupling_id, stream, remote_id, run_id) DO UPDATE SET body = NULL, news = refetch_key.news + excluded.news`
)

// nameOthers leaves to be read what the batch's new records name, each record once, and notes in the run how many that
// are. It locks what all batches share, so it comes in this batch's turn.
func (w *writing) nameOthers(ctx context.Context) error {
	named, gather, by := map[string]map[nameKey]int32{}, map[string]time.Duration{}, 0
	for _, r := range w.records {
		if _, known := w.stored[r.ID]; known || len(r.Names) == 0 || r.Hash == [16]byte{} {
			continue
		}
		by++
		for _, n := range r.Names {
			if named[n.Group] == nil {
				named[n.Group], gather[n.Group] = map[nameKey]int32{}, n.Gather
			}
			named[n.Group][nameKey{n.Stream, n.ID}]++
			gather[n.Group] = min(gather[n.Group], n.Gather)
		}
	}
	if by == 0 {
		return nil
	}
	if err := w.takeTurn(ctx); err != nil {
		return err
	}
	told := map[string]int{"new": by}
	for _, group := range slices.Sorted(maps.Keys(named)) {
		kept, err := w.nameIn(ctx, group, named[group], gather[group])
		if err != nil {
			return err
		}
		told["records"] += kept
		if left := len(named[group]) - kept; left > 0 {
			told["left to the next full read"] += left
		}
	}
	return w.tx.AppendTimeline(ctx, w.b.Lease.Run, EventNames, told)
}

// nameIn names records of one group and gives how many there was room for.
func (w *writing) nameIn(ctx context.Context, group string, named map[nameKey]int32, gather time.Duration) (int, error) {
	l := w.b.Lease
	var fresh bool
	err := w.tx.tx.QueryRow(ctx, waitSQL, pgx.StrictNamedArgs{"webshop": l.Webshop, "coupling": l.Coupling, "group": group, "gather": gather}).Scan(&fresh)
	if err != nil {
		return 0, err
	}
	var waiting int
	if err := w.tx.tx.QueryRow(ctx, waitingNewsSQL, l.Coupling, group).Scan(&waiting); err != nil {
		return 0, err
	}
	list := slices.SortedFunc(maps.Keys(named), func(a, b nameKey) int {
		return cmp.Or(strings.Compare(a.stream, b.stream), strings.Compare(a.id, b.id))
	})
	list = list[:min(len(list), max(0, newsMost-waiting))]
	var streams, ids []string
	var news []int32
	for _, key := range list {
		streams, ids, news = append(streams, key.stream), append(ids, key.id), append(news, named[key])
	}
	if _, err := w.tx.tx.Exec(ctx, newsSQL, l.Webshop, l.Coupling, group, streams, ids, news); err != nil {
		return 0, err
	}
	if fresh {
		err = w.tx.addJobs(ctx, RefetchJob{Webshop: l.Webshop, Coupling: l.Coupling, Group: group})
	}
	return len(list), err
}
