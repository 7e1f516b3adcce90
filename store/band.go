package store

import (
	"context"
	"fmt"
)

// Band is what complete reads of a stream usually count: the smallest and the largest of the last ones.
type Band struct {
	Scans     int64
	Low, High int64
}

// A count is far from the band of at least bandScans reads when it is below bandLow percent of the smallest, or above
// bandHigh percent of the largest, and more than bandFew records away.
const (
	bandScans = 3
	bandLow   = 70
	bandHigh  = 300
	bandFew   = 20
)

// usualSQL looks at the last ten complete reads before this one whose run was green, or was accepted by a person.
const usualSQL = `
SELECT count(*) AS scans, coalesce(min(records), 0)::bigint AS low, coalesce(max(records), 0)::bigint AS high FROM (
    SELECT s.records FROM scan s JOIN run r ON r.id = s.run_id
    WHERE s.stream_id = $1 AND s.id < $2 AND s.complete AND s.whole AND r.state IN ('succeeded', 'succeeded_with_parked')
    ORDER BY s.id DESC LIMIT 10
) last`

// UsualCount is the band of the complete reads of the scan's stream before it.
func (tx *Tx) UsualCount(ctx context.Context, scan Scan) (Band, error) {
	b, err := one[Band](ctx, tx, usualSQL, scan.StreamID, scan.ID)
	return b, wrap("read the usual count", err)
}

// Outside says in words how a complete read is far from the band; "" when it is not, or nothing is usual yet.
func (b Band) Outside(scan Scan) string {
	n := scan.Records
	if !scan.Whole || b.Scans < bandScans {
		return ""
	}
	if n*100 < b.Low*bandLow && b.Low-n > bandFew || n*100 > b.High*bandHigh && n-b.High > bandFew {
		return fmt.Sprintf("%d records were read, the last %d complete reads counted %d to %d", n, b.Scans, b.Low, b.High)
	}
	return ""
}

// An incremental read is like a full one when it counts at least likeFull percent of the smallest usual complete read,
// which has more than likeFullFew records. One may be a change to everything; the remote ignores what it is asked for
// when likeFullScans do in a row.
const (
	likeFull      = 90
	likeFullFew   = 200
	likeFullScans = 3
)

const selectiveSQL = `
SELECT count(*) FILTER (WHERE records * 100 >= $3::bigint) FROM (
    SELECT s.records FROM scan s JOIN run r ON r.id = s.run_id
    WHERE s.stream_id = $1 AND s.id < $2 AND NOT s.whole AND r.mode = 'since' AND r.state IN ('succeeded', 'succeeded_with_parked')
    ORDER BY s.id DESC LIMIT $4
) last`

// LikeFull says in words that an incremental scan and those before it read everything, as they do where a remote
// ignores the time that it is asked for; "" when they did not.
func (tx *Tx) LikeFull(ctx context.Context, scan Scan, usual Band) (string, error) {
	least := usual.Low * likeFull
	if scan.Whole || usual.Scans == 0 || usual.Low <= likeFullFew || scan.Records*100 < least {
		return "", nil
	}
	var before int
	if err := tx.tx.QueryRow(ctx, selectiveSQL, scan.StreamID, scan.ID, least, likeFullScans-1).Scan(&before); err != nil {
		return "", wrap("look at the last incremental reads", err)
	}
	if before < likeFullScans-1 {
		return "", nil
	}
	return fmt.Sprintf("%d incremental reads in a row read nearly everything (%d records, a complete read counts %d): the remote seems to ignore the time it is asked for",
		likeFullScans, scan.Records, usual.Low), nil
}
