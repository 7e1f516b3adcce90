package store

import "github.com/koppel-io/koppel"

// newestScansSQL gives, for each stream group of the couplings that should run, the scans since the last good one, out
// of the coupling's last two hundred: its cost must not grow with the coupling's age.
const newestScansSQL = `
    SELECT c.webshop_id, c.id AS coupling_id, r.stream_group, count(*) AS count, min(r.finished_at) AS oldest, max(r.finished_at) AS newest,
           (array_agg(r.state ORDER BY r.id DESC))[1] AS state, (array_agg(r.error ORDER BY r.id DESC))[1] AS error,
           (array_agg(r.uuid::text ORDER BY r.id DESC))[1] AS run, (array_agg(r.accepted ORDER BY r.id DESC))[1] AS accepted
    FROM coupling c CROSS JOIN LATERAL (
        SELECT recent.*, max(recent.id) FILTER (WHERE recent.state IN ('succeeded', 'succeeded_with_parked')) OVER (PARTITION BY recent.stream_group) AS good
        FROM (SELECT id, uuid, stream_group, state, error, finished_at, accepted FROM run
              WHERE coupling_id = c.id AND direction = 'pull' AND mode IN ('full', 'since', 'window', 'history') ORDER BY id DESC LIMIT 200) recent
        WHERE recent.state IN ('succeeded', 'succeeded_with_parked', 'suspect', 'failed')
    ) r
    WHERE c.state IN ('activating', 'active', 'paused') AND r.id > coalesce(r.good, 0)
    GROUP BY c.webshop_id, c.id, r.stream_group`

// A failure carries who must act and how.
const failedScansSQL = `
SELECT f.webshop_id, f.coupling_id, NULL::text AS connector, f.stream_group AS about, f.count, f.oldest, f.newest,
       coalesce(f.error->>'kind', '') AS kind, f.stream_group || ': ' || coalesce(f.error->>'detail', 'failed') AS detail,
       coalesce(f.error->>'owner', '') AS owner, coalesce(f.error->>'next', '') AS next, f.run AS subject
FROM (` + newestScansSQL + `) f WHERE f.state = 'failed' AND `

// reviewedSQL tells parked records that a person has to link from others.
const reviewedSQL = `(p.kind IN ('conflict', 'not_found') AND p.object IN ('products', 'suppliers', 'sell_orders') AND p.field <> '' AND p.expression = '')`

// inboxSQL are the queries of the causes, as inboxHead wants them.
var inboxSQL = map[koppel.Cause]string{
	koppel.CauseReauth: `
SELECT p.webshop_id, p.coupling_id, NULL::text AS connector, '' AS about, 1::bigint AS count, p.since AS oldest, p.since AS newest,
       'auth' AS kind, p.reason AS detail, '' AS owner, '' AS next, NULL::text AS subject
FROM coupling_pause p JOIN coupling c ON c.id = p.coupling_id WHERE p.owner = 'auth' AND p.ended_at IS NULL AND c.state IN ('needs_reauth', 'paused')`,
	koppel.CausePermission: failedScansSQL + `f.error->>'kind' = 'permission'`,
	// Refused credentials that were replaced since are nobody's task any more: what they missed is being read.
	koppel.CauseFailing: failedScansSQL + `f.error->>'kind' IS DISTINCT FROM 'permission' AND NOT (f.error->>'kind' = 'auth' AND EXISTS (
    SELECT FROM coupling_pause p WHERE p.coupling_id = f.coupling_id AND p.owner = 'auth' AND p.ended_at > f.newest))`,
	koppel.CauseActivation: `
SELECT c.webshop_id, c.id AS coupling_id, NULL::text AS connector, s->>'name' AS about, 1::bigint AS count, c.updated_at AS oldest, c.updated_at AS newest,
       '' AS kind, (s->>'name') || ': ' || coalesce(s->>'detail', '') AS detail, CASE WHEN s->>'name' = 'credentials' THEN 'customer' ELSE '' END AS owner,
       '' AS next, NULLIF(s->>'run_id', '') AS subject
FROM coupling c CROSS JOIN LATERAL jsonb_array_elements(c.steps) AS s WHERE c.state = 'activating' AND s->>'state' = 'failed'`,
	// What is looked up again within minutes needs nobody yet.
	koppel.CauseUnknown: `
SELECT o.webshop_id, o.coupling_id, NULL::text AS connector, o.object AS about, count(*) AS count, min(o.updated_at) AS oldest, max(o.updated_at) AS newest,
       '' AS kind, o.object || ' ' || min(o.reference) || ': nobody knows whether it arrived' AS detail, '' AS owner, '' AS next, NULL::text AS subject
FROM outbox o WHERE o.state = 'unknown' AND o.updated_at < now() - interval '15 minutes' GROUP BY o.webshop_id, o.coupling_id, o.object`,
	koppel.CausePushParked: `
SELECT p.webshop_id, p.coupling_id, NULL::text AS connector, o.object AS about, count(*) AS count, min(p.first_at) AS oldest, max(p.last_at) AS newest,
       min(p.kind) AS kind, o.object || ' ' || min(o.reference) || ': ' || min(p.reason) AS detail, '' AS owner, '' AS next, NULL::text AS subject
FROM parked p JOIN outbox o ON o.id = p.outbox_id WHERE p.resolved_at IS NULL GROUP BY p.webshop_id, p.coupling_id, o.object`,
	koppel.CauseCap: `
SELECT o.webshop_id, NULL::bigint AS coupling_id, NULL::text AS connector, '' AS about, count(*) AS count, min(o.held_at) AS oldest, max(o.held_at) AS newest,
       '' AS kind, 'more than ' || min(w.buy_order_cap) || ' buy orders within an hour: the rest waits' AS detail, '' AS owner, '' AS next, NULL::text AS subject
FROM outbox o JOIN webshop w ON w.id = o.webshop_id WHERE o.held = 'cap' AND o.state = 'pending' GROUP BY o.webshop_id`,
	koppel.CauseStop: `
SELECT s.webshop_id, s.coupling_id, s.connector, s.uuid::text AS about, (
           SELECT count(*) FROM outbox o JOIN coupling h ON h.id = o.coupling_id WHERE o.state = 'pending' AND o.held = 'stop'
             AND (s.coupling_id IS NULL OR o.coupling_id = s.coupling_id) AND (s.webshop_id IS NULL OR o.webshop_id = s.webshop_id)
             AND (s.connector IS NULL OR h.connector = s.connector)) AS count,
       s.stopped_at AS oldest, s.stopped_at AS newest, '' AS kind, s.reason || ' (' || s.stopped_by || ')' AS detail, '' AS owner, '' AS next, s.uuid::text AS subject
FROM push_stop s WHERE s.ended_at IS NULL`,
	koppel.CauseProposal: `
SELECT p.webshop_id, p.coupling_id, NULL::text AS connector, p.uuid::text AS about,
       (SELECT count(*) FROM proposal_item i WHERE i.webshop_id = p.webshop_id AND i.proposal_id = p.id AND i.state = 'proposed') AS count,
       p.created_at AS oldest, p.updated_at AS newest, '' AS kind, p.stream_group || ': ' || p.reason AS detail, '' AS owner, '' AS next, p.uuid::text AS subject
FROM proposal p WHERE p.state = 'open'`,
	// A person who looked and did not take it has decided.
	koppel.CauseSuspect: `
SELECT f.webshop_id, f.coupling_id, NULL::text AS connector, f.stream_group AS about, f.count, f.oldest, f.newest, '' AS kind,
       f.stream_group || ' ended without full evidence' AS detail, '' AS owner, '' AS next, f.run AS subject
FROM (` + newestScansSQL + `) f WHERE f.state = 'suspect' AND f.accepted IS NULL`,
	koppel.CauseReview: `
SELECT p.webshop_id, p.coupling_id, NULL::text AS connector, '' AS about, count(*) AS count, min(p.first_at) AS oldest, max(p.last_at) AS newest,
       'conflict' AS kind, min(p.object || ' ' || p.remote_id || ': ' || p.reason) AS detail, '' AS owner, '' AS next, NULL::text AS subject
FROM parked p WHERE p.resolved_at IS NULL AND p.outbox_id IS NULL AND ` + reviewedSQL + ` GROUP BY p.webshop_id, p.coupling_id`,
	koppel.CauseParked: `
SELECT p.webshop_id, p.coupling_id, NULL::text AS connector, concat_ws(' ', p.object, p.kind, p.field, p.expression) AS about, count(*) AS count,
       min(p.first_at) AS oldest, max(p.last_at) AS newest, p.kind,
       concat_ws(': ', nullif(concat_ws(' ', nullif(p.object, ''), nullif(p.field, '')), ''), min(p.reason)) AS detail, '' AS owner, '' AS next, NULL::text AS subject
FROM parked p WHERE p.resolved_at IS NULL AND p.outbox_id IS NULL AND NOT ` + reviewedSQL + `
GROUP BY p.webshop_id, p.coupling_id, p.object, p.kind, p.field, p.expression`,
	// How often a group is read is seen from the runs themselves: three times that without one is too long. A run that
	// shows no sign of life stands still.
	koppel.CauseOverdue: `
SELECT c.webshop_id, c.id AS coupling_id, NULL::text AS connector, s.stream_group AS about, 1::bigint AS count, s.last AS oldest, s.last AS newest, '' AS kind,
       s.stream_group || ': no scheduled read since ' || to_char(s.last, 'YYYY-MM-DD HH24:MI') || 'Z; usually every ' || ceil(extract(epoch FROM s.gap) / 60) || ' minutes' AS detail,
       '' AS owner, '' AS next, NULL::text AS subject
FROM coupling c CROSS JOIN LATERAL (
    SELECT recent.stream_group, max(recent.queued_at) AS last, (max(recent.queued_at) - min(recent.queued_at)) / (count(*) - 1) AS gap
    FROM (SELECT stream_group, queued_at FROM run WHERE coupling_id = c.id AND trigger = 'schedule' ORDER BY id DESC LIMIT 200) recent
    GROUP BY recent.stream_group HAVING count(*) > 2
) s
WHERE c.state = 'active' AND now() - s.last > 3 * s.gap + interval '15 minutes'
  AND EXISTS (SELECT FROM schedule k WHERE k.coupling_id = c.id AND k.stream_group = s.stream_group)
UNION ALL
SELECT r.webshop_id, r.coupling_id, NULL::text, r.uuid::text, 1::bigint, coalesce(r.wait_until, p.last, r.started_at, r.queued_at),
       coalesce(r.wait_until, p.last, r.started_at, r.queued_at), '', r.stream_group || ': a ' || r.mode || ' run is ' || r.state || ' without a sign of life', '', '', r.uuid::text
FROM run r JOIN coupling c ON c.id = r.coupling_id
CROSS JOIN LATERAL (SELECT max(last_page_at) AS last FROM scan WHERE run_id = r.id AND webshop_id = r.webshop_id) p
WHERE r.state IN ('queued', 'running', 'waiting') AND c.state = 'active'
  AND CASE WHEN r.state = 'waiting' THEN r.wait_until < now() - interval '15 minutes'
           ELSE coalesce(p.last, r.started_at, r.queued_at) < now() - interval '2 hours' END`,
	koppel.CausePaused: `
SELECT p.webshop_id, p.coupling_id, NULL::text AS connector, p.owner AS about, 1::bigint AS count, p.since AS oldest, p.since AS newest, '' AS kind,
       'paused by ' || p.owner || ': ' || p.reason AS detail, '' AS owner, '' AS next, NULL::text AS subject
FROM coupling_pause p JOIN coupling c ON c.id = p.coupling_id
WHERE p.owner <> 'auth' AND p.ended_at IS NULL AND c.state = 'paused' AND p.since < now() - interval '1 day'`,
}
