package verify

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Call is a call of a webhook that was answered 2xx at least once.
type Call struct {
	// Subscription is the remote's id of the webhook.
	Subscription string
	Event        string
	// Hash is that of the body.
	Hash [sha256.Size]byte
}

// Item is a product as the remote has it at the end.
type Item struct {
	Name, SKU string
	Stock     int64
}

// HookConfig says what calls there were, and what was told of.
type HookConfig struct {
	// Database logs in as the owner, whom row-level security does not hold.
	Database string
	Calls    []Call
	// Items are the remote's, by the name of the coupling and by id.
	Items map[string]map[string]Item
}

// HookFindings are what became of the calls.
type HookFindings struct {
	// Stored calls are there once; Processed ones were worked off by one job
	// that came to its end once.
	Stored    int64 `json:"stored"`
	Processed int64 `json:"processed"`
	// Lost calls are not there, or nobody worked them off; Doubled are there,
	// or were worked off, more than once. Stray ones nobody made.
	Lost    int64 `json:"lost"`
	Doubled int64 `json:"doubled"`
	Stray   int64 `json:"stray"`
	// Named is how many calls the runs say had named what they read.
	Named int64 `json:"named"`
	// Unhandled, Refetches and Jobs are what was left undone.
	Unhandled int64 `json:"unhandled"`
	Refetches int64 `json:"refetches_left"`
	Jobs      int64 `json:"jobs_left"`
	// OpenRuns and FailedRuns are runs that were left open or failed, Parked
	// are records that nobody could process.
	OpenRuns   int64 `json:"open_runs"`
	FailedRuns int64 `json:"failed_runs"`
	Parked     int64 `json:"parked"`
	// Objects were compared; Wrong are not as the remote's, or there twice.
	Objects int64 `json:"objects"`
	Wrong   int64 `json:"objects_wrong"`

	// Examples tell the first things that were found.
	Examples []string `json:"-"`
}

// Err names everything that is wrong; nil when all is right.
func (f HookFindings) Err(calls int64) error {
	var errs []error
	for _, wrong := range []struct {
		what string
		n    int64
	}{
		{"calls lost", f.Lost}, {"calls doubled", f.Doubled}, {"calls that nobody made", f.Stray}, {"calls not worked off", f.Unhandled},
		{"refetches left", f.Refetches}, {"jobs left", f.Jobs}, {"runs left open", f.OpenRuns}, {"runs failed", f.FailedRuns},
		{"records parked", f.Parked}, {"objects not as the remote's", f.Wrong},
	} {
		if wrong.n != 0 {
			errs = append(errs, fmt.Errorf("%d %s", wrong.n, wrong.what))
		}
	}
	if f.Stored != calls || f.Processed != calls || f.Named != calls {
		errs = append(errs, fmt.Errorf("of %d calls %d are stored once, %d were worked off once, and runs say that %d named something", calls, f.Stored, f.Processed, f.Named))
	}
	if calls == 0 || f.Objects == 0 {
		errs = append(errs, errors.New("nothing was compared"))
	}
	return errors.Join(errs...)
}

func (f *HookFindings) example(format string, args ...any) {
	if len(f.Examples) < examplesMost {
		f.Examples = append(f.Examples, fmt.Sprintf(format, args...))
	}
}

// hookJudge is one comparison.
type hookJudge struct {
	HookConfig
	HookFindings
	db *pgx.Conn
}

// Hooks compares what came in by webhooks with the calls that were made, and
// the objects with the remote's items.
func Hooks(ctx context.Context, c HookConfig) (HookFindings, error) {
	j := &hookJudge{HookConfig: c}
	var err error
	if j.db, err = pgx.Connect(ctx, c.Database); err != nil {
		return j.HookFindings, err
	}
	defer j.db.Close(ctx)
	for _, compare := range []func(context.Context) error{j.calls, j.left, j.objects} {
		if err := compare(ctx); err != nil {
			return j.HookFindings, err
		}
	}
	return j.HookFindings, nil
}

// storedCall is what there is of one call.
type storedCall struct{ keys, rows, handled, jobs, ended int64 }

const storedCallsSQL = `
WITH job AS (
    SELECT (c #>> '{}')::bigint AS call, count(*) AS jobs, count(*) FILTER (WHERE j.state = 'completed') AS ended
    FROM river_job j CROSS JOIN LATERAL jsonb_array_elements(j.args->'calls') c WHERE j.kind = 'inbox' GROUP BY 1
), came AS (
    SELECT hook_id, event_id, body_hash, 1 AS keys, 0 AS rows, 0 AS handled, 0 AS jobs, 0 AS ended FROM inbox_key
    UNION ALL
    SELECT i.hook_id, i.event_id, i.body_hash, 0, 1, (i.handled_at IS NOT NULL AND i.outcome = 'kept')::int, coalesce(j.jobs, 0), coalesce(j.ended, 0)
    FROM inbox i LEFT JOIN job j ON j.call = i.id
)
SELECT h.remote_id, c.event_id, c.body_hash, sum(keys)::bigint, sum(rows)::bigint, sum(handled)::bigint, sum(jobs)::bigint, sum(ended)::bigint
FROM came c JOIN hook h ON h.id = c.hook_id GROUP BY 1, 2, 3`

func (j *hookJudge) calls(ctx context.Context) error {
	rows, err := j.db.Query(ctx, storedCallsSQL)
	if err != nil {
		return err
	}
	stored := map[Call]storedCall{}
	var call Call
	var hash []byte
	var s storedCall
	if _, err := pgx.ForEachRow(rows, []any{&call.Subscription, &call.Event, &hash, &s.keys, &s.rows, &s.handled, &s.jobs, &s.ended}, func() error {
		call.Hash = [sha256.Size]byte(hash)
		stored[call] = s
		return nil
	}); err != nil {
		return fmt.Errorf("compare calls: %w", err)
	}
	for _, call := range j.HookConfig.Calls {
		s, there := stored[call]
		delete(stored, call)
		once := s.keys == 1 && s.rows == 1
		if once {
			j.Stored++
		}
		if once && s.handled == 1 && s.jobs == 1 && s.ended == 1 {
			j.Processed++
			continue
		}
		if s.rows > 1 || s.jobs > 1 {
			j.Doubled++
		} else {
			j.Lost++
		}
		j.example("call %s of %s (there: %t): %+v", call.Event, call.Subscription, there, s)
	}
	j.Stray = int64(len(stored))
	return nil
}

// left counts what was left undone.
func (j *hookJudge) left(ctx context.Context) error {
	var reason string
	if err := j.db.QueryRow(ctx, `SELECT coalesce(min(kind || ' ' || field || ' ' || reason), '') FROM parked WHERE resolved_at IS NULL`).Scan(&reason); err != nil {
		return err
	}
	if reason != "" {
		j.example("parked: %s", reason)
	}
	return j.db.QueryRow(ctx, `
SELECT (SELECT count(*) FROM inbox WHERE handled_at IS NULL),
       (SELECT count(*) FROM refetch) + (SELECT count(*) FROM refetch_key),
       (SELECT count(*) FROM river_job WHERE kind IN ('inbox', 'refetch') AND state <> 'completed'),
       (SELECT count(*) FROM run WHERE state IN ('queued', 'running', 'waiting')),
       (SELECT count(*) FROM run WHERE state IN ('failed', 'cancelled', 'suspect')),
       (SELECT count(*) FROM parked WHERE resolved_at IS NULL),
       (SELECT coalesce(sum((data->>'calls')::bigint), 0)::bigint FROM timeline WHERE event = 'named')`,
	).Scan(&j.Unhandled, &j.Refetches, &j.Jobs, &j.OpenRuns, &j.FailedRuns, &j.HookFindings.Parked, &j.Named)
}

const hookObjectsSQL = `
SELECT c.name, coalesce(s.remote_id, ''), coalesce(p.name, ''), coalesce(p.sku_code, ''), coalesce(p.stock_level, -1)::bigint
FROM product p FULL JOIN source s ON s.webshop_id = p.webshop_id AND s.object_id = p.id AND s.object = 'products'
JOIN coupling c ON c.webshop_id = coalesce(p.webshop_id, s.webshop_id)`

// objects compares every product with the item it comes from. Each webshop has
// one coupling.
func (j *hookJudge) objects(ctx context.Context) error {
	rows, err := j.db.Query(ctx, hookObjectsSQL)
	if err != nil {
		return err
	}
	type place struct{ coupling, id string }
	seen := map[place]bool{}
	var at place
	var have Item
	if _, err := pgx.ForEachRow(rows, []any{&at.coupling, &at.id, &have.Name, &have.SKU, &have.Stock}, func() error {
		j.Objects++
		want, there := j.Items[at.coupling][at.id]
		if !there || seen[at] || have != want {
			j.Wrong++
			j.example("%s: item %q is %+v, at the remote %+v (twice: %t)", at.coupling, at.id, have, want, seen[at])
		}
		seen[at] = true
		return nil
	}); err != nil {
		return fmt.Errorf("compare objects: %w", err)
	}
	for coupling, items := range j.Items {
		for id := range items {
			if !seen[place{coupling, id}] {
				j.Wrong++
				j.example("%s: item %s is missing", coupling, id)
			}
		}
	}
	return nil
}
