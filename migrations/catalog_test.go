package migrations_test

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// ours selects the tables that the migrations make: goose's list and the daily partitions are left out.
const ours = `c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relnamespace = 'public'::regnamespace AND c.relname <> 'goose_db_version'`

// snapshotSQL gives the schema from the catalog, one statement a row, in an order that does not depend on ids.
const snapshotSQL = `
WITH tables AS (
    SELECT c.oid, c.relname AS name, c.relrowsecurity, c.relforcerowsecurity, c.relkind FROM pg_class c WHERE ` + ours + `
), statements (rank, name, n, sql) AS (
    SELECT 0, r.rolname::text, 0, 'ROLE ' || r.rolname || concat(
        CASE WHEN r.rolcanlogin THEN ' LOGIN' END, CASE WHEN r.rolsuper THEN ' SUPERUSER' END, CASE WHEN r.rolbypassrls THEN ' BYPASSRLS' END,
        CASE WHEN r.rolcreaterole THEN ' CREATEROLE' END, CASE WHEN r.rolcreatedb THEN ' CREATEDB' END)
    FROM pg_roles r WHERE r.rolname IN ('koppel_app', 'koppel_engine')
    UNION ALL
    SELECT 1, p.proname, 0, pg_get_functiondef(p.oid) || E';\nCOMMENT IS ' || quote_literal(coalesce(obj_description(p.oid, 'pg_proc'), ''))
        || coalesce(E';\nGRANT ' || (SELECT string_agg(a.grantee::regrole::text, ', ' ORDER BY a.grantee::regrole::text) FROM aclexplode(p.proacl) a WHERE a.grantee <> 0 AND a.grantee <> p.proowner), '')
    FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace
    UNION ALL
    SELECT 2, s.relname, 0, 'SEQUENCE ' || s.relname || ' INCREMENT ' || q.seqincrement || ' CACHE ' || q.seqcache || E';\nCOMMENT IS ' || quote_literal(coalesce(obj_description(s.oid, 'pg_class'), ''))
    FROM pg_class s JOIN pg_sequence q ON q.seqrelid = s.oid
    WHERE s.relnamespace = 'public'::regnamespace AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = s.oid AND d.deptype IN ('a', 'i'))
    UNION ALL
    SELECT 3, t.relname, 0, 'TYPE ' || t.relname || E' (\n' || (
        SELECT string_agg('    ' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod), E',\n' ORDER BY a.attnum)
        FROM pg_attribute a WHERE a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped) || E'\n)'
    FROM pg_class t WHERE t.relkind = 'c' AND t.relnamespace = 'public'::regnamespace
    UNION ALL
    SELECT 4, t.name, 0, 'TABLE ' || t.name || CASE t.relkind WHEN 'p' THEN ' PARTITION BY ' || pg_get_partkeydef(t.oid) ELSE '' END
        || CASE WHEN t.relrowsecurity THEN ' ROW LEVEL SECURITY' ELSE '' END || CASE WHEN t.relforcerowsecurity THEN ' FORCED' ELSE '' END
        || coalesce(E'\n    -- ' || obj_description(t.oid, 'pg_class'), '')
    FROM tables t
    UNION ALL
    SELECT 4, t.name, 1000 + a.attnum, '    ' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
        || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END || CASE WHEN a.attidentity <> '' THEN ' IDENTITY' ELSE '' END
        || coalesce(' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), '') || CASE WHEN a.attstorage <> y.typstorage THEN ' STORAGE ' || a.attstorage::text ELSE '' END
        || coalesce('  -- ' || col_description(t.oid, a.attnum), '')
    FROM tables t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped JOIN pg_type y ON y.oid = a.atttypid
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    UNION ALL
    SELECT 4, t.name, 3000 + row_number() OVER (PARTITION BY t.oid ORDER BY k.contype, k.conname), '    CONSTRAINT ' || k.conname || ' ' || pg_get_constraintdef(k.oid)
    FROM tables t JOIN pg_constraint k ON k.conrelid = t.oid WHERE k.contype <> 'n'
    UNION ALL
    SELECT 4, t.name, 4000 + row_number() OVER (PARTITION BY t.oid ORDER BY i.relname), '    ' || pg_get_indexdef(i.oid)
    FROM tables t JOIN pg_index x ON x.indrelid = t.oid JOIN pg_class i ON i.oid = x.indexrelid
    WHERE NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.oid)
    UNION ALL
    SELECT 4, t.name, 5000 + row_number() OVER (PARTITION BY t.oid ORDER BY p.polname), '    POLICY ' || p.polname
        || CASE p.polcmd WHEN '*' THEN '' WHEN 'r' THEN ' FOR SELECT' WHEN 'a' THEN ' FOR INSERT' WHEN 'w' THEN ' FOR UPDATE' ELSE ' FOR DELETE' END
        || ' TO ' || (SELECT string_agg(r::regrole::text, ', ' ORDER BY r::regrole::text) FROM unnest(p.polroles) r)
        || coalesce(' USING (' || pg_get_expr(p.polqual, p.polrelid) || ')', '') || coalesce(' WITH CHECK (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')', '')
    FROM tables t JOIN pg_policy p ON p.polrelid = t.oid
    UNION ALL
    SELECT 4, t.name, 6000 + row_number() OVER (PARTITION BY t.oid ORDER BY g.grantee), '    GRANT ' || string_agg(g.privilege_type, ', ' ORDER BY g.privilege_type) || ' TO ' || g.grantee
    FROM tables t JOIN information_schema.role_table_grants g ON g.table_schema = 'public' AND g.table_name = t.name AND g.grantee <> g.grantor
    GROUP BY t.oid, t.name, g.grantee
)
SELECT rank, sql FROM statements ORDER BY rank, name COLLATE "C", n`

const snapshotHead = `-- The schema of today in one piece, read from the catalog of a migrated database. For reading only: migrations make it.
-- go test ./migrations -update writes it anew.
`

// snapshot reads the schema as text.
func snapshot(ctx context.Context, t *testing.T, conn *pgx.Conn) string {
	t.Helper()
	rows, err := conn.Query(ctx, snapshotSQL)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var b strings.Builder
	b.WriteString(snapshotHead)
	for rows.Next() {
		var rank int
		var sql string
		if err := rows.Scan(&rank, &sql); err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(sql, "    ") {
			b.WriteByte('\n')
		}
		b.WriteString(strings.TrimRight(sql, "\n "))
		b.WriteByte('\n')
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
