/** A session that has been in one transaction for so long keeps vacuum from cleaning up, and what it has written from being seen. */
export const longTransactionSeconds = 60;
/** An autovacuum worker that finds nothing to do is gone sooner; one that is at work on a table shows its progress. */
const workerSeconds = 5;
/** Of what a database could tell hundreds of: a line of CloudWatch Logs from the awslogs driver ends after 16 KB. */
const most = 10;

/** Whose sessions are none of the customer's on RDS ("Understanding PostgreSQL roles and permissions"). */
const notOurs = 'rdsadmin';

/**
 * One statement whose one value is a line of JSON: what goes on in the instance, and in the database that it is asked of what is due. Reads
 * nothing but statistics ("The Cumulative Statistics System", "Progress Reporting"), of PostgreSQL 13 and later; whatever is not there in an
 * older one is left out. When autovacuum begins on a table is told by "The Autovacuum Daemon": its formulas, with the table's own settings.
 * `analyzedSince`: the database's own time, as it told it, from which a table counts as analyzed.
 */
export function lookStatement({ analyzedSince }: { readonly analyzedSince: string | null }): string {
  const missed = analyzedSince === null ? 'NULL' : `(SELECT count(*) FROM tables WHERE last_analyze IS NULL OR last_analyze < ${literal(analyzedSince)}::timestamptz)`;
  return onOneLine(`
WITH progress AS (
  SELECT pid, datname, relid, 'vacuum' AS operation, phase, heap_blks_scanned AS done, heap_blks_total AS total FROM pg_stat_progress_vacuum
  UNION ALL SELECT pid, datname, relid, 'analyze', phase, sample_blks_scanned, sample_blks_total FROM pg_stat_progress_analyze
  UNION ALL SELECT pid, datname, relid, lower(command), phase, blocks_done, blocks_total FROM pg_stat_progress_create_index
  UNION ALL SELECT pid, datname, relid, lower(command), phase, heap_blks_scanned, heap_blks_total FROM pg_stat_progress_cluster
), sessions AS (
  SELECT *, round(extract(epoch FROM clock_timestamp() - xact_start)) AS seconds FROM pg_stat_activity WHERE pid <> pg_backend_pid()
), running AS (
  SELECT pid, operation, datname AS database, CASE WHEN datname = current_database() THEN relid::regclass::text END AS "table", phase, done, total, seconds, backend_type = 'autovacuum worker' AS automatic
  FROM progress LEFT JOIN sessions USING (pid, datname)
  UNION ALL
  SELECT pid, 'vacuum', datname, NULL, NULL, NULL, NULL, seconds, true FROM sessions
  WHERE backend_type = 'autovacuum worker' AND seconds >= ${workerSeconds} AND pid NOT IN (SELECT pid FROM progress)
), transactions AS (
  SELECT pid, usename AS "user", datname AS database, state, seconds FROM sessions
  WHERE backend_type = 'client backend' AND usename <> '${notOurs}' AND seconds >= ${longTransactionSeconds} AND pid NOT IN (SELECT pid FROM progress)
), waiting AS (
  SELECT pid, max(relation::regclass::text) FILTER (WHERE database = (SELECT oid FROM pg_database WHERE datname = current_database())) AS "table" FROM pg_locks WHERE NOT granted GROUP BY pid
), tables AS (
  SELECT s.*, c.reloptions, greatest(c.reltuples, 0) AS rows FROM pg_stat_user_tables s JOIN pg_class c ON c.oid = s.relid WHERE c.relkind IN ('r', 'm') AND c.relpersistence <> 't'
), settings AS (
  SELECT relid, name, coalesce(max(o.option_value), current_setting(name, true))::float8 AS value
  FROM tables CROSS JOIN unnest(ARRAY['autovacuum_vacuum_threshold', 'autovacuum_vacuum_scale_factor', 'autovacuum_vacuum_max_threshold', 'autovacuum_vacuum_insert_threshold', 'autovacuum_vacuum_insert_scale_factor', 'autovacuum_analyze_threshold', 'autovacuum_analyze_scale_factor']) AS name
  LEFT JOIN pg_options_to_table(tables.reloptions) o ON o.option_name = name GROUP BY relid, name
), bounds AS (
  SELECT t.*,
    max(value) FILTER (WHERE name = 'autovacuum_vacuum_threshold') + rows * max(value) FILTER (WHERE name = 'autovacuum_vacuum_scale_factor') AS dead_bound,
    nullif(max(value) FILTER (WHERE name = 'autovacuum_vacuum_max_threshold'), -1) AS dead_limit,
    nullif(max(value) FILTER (WHERE name = 'autovacuum_vacuum_insert_threshold'), -1) + rows * max(value) FILTER (WHERE name = 'autovacuum_vacuum_insert_scale_factor') AS inserted_bound,
    max(value) FILTER (WHERE name = 'autovacuum_analyze_threshold') + rows * max(value) FILTER (WHERE name = 'autovacuum_analyze_scale_factor') AS modified_bound
  FROM (SELECT relid, relid::regclass::text AS "table", rows, n_dead_tup, n_ins_since_vacuum, n_mod_since_analyze FROM tables WHERE NOT coalesce(reloptions && ARRAY['autovacuum_enabled=false', 'autovacuum_enabled=off', 'autovacuum_enabled=0', 'autovacuum_enabled=no'], false)) t
  JOIN settings USING (relid) GROUP BY 1, 2, 3, 4, 5, 6
), due AS (
  SELECT "table", v.* FROM bounds CROSS JOIN LATERAL (VALUES ('vacuum', n_dead_tup, least(dead_bound, dead_limit)), ('vacuum', n_ins_since_vacuum, inserted_bound), ('analyze', n_mod_since_analyze, modified_bound)) AS v(operation, rows, bound)
  WHERE v.rows > v.bound AND current_setting('autovacuum')::bool AND current_setting('track_counts')::bool
), done AS (
  SELECT relid::regclass::text AS "table", v.* FROM tables CROSS JOIN LATERAL (VALUES ('vacuum', false, last_vacuum), ('vacuum', true, last_autovacuum), ('analyze', false, last_analyze), ('analyze', true, last_autoanalyze)) AS v(operation, automatic, moment)
  WHERE v.moment IS NOT NULL ORDER BY v.moment DESC LIMIT ${most}
)
SELECT jsonb_build_object(
  'database', current_database(), 'at', ${isoText('now()')}, 'standby', pg_is_in_recovery(), 'seesOthers', pg_has_role(current_user, 'pg_read_all_stats', 'USAGE'),
  'autovacuum', current_setting('autovacuum')::bool AND current_setting('track_counts')::bool,
  'running', ${list('running', 'pid')}, 'transactions', ${list('transactions', 'seconds DESC')}, 'waiting', ${list('waiting', 'pid')}, 'due', ${list('due', 'rows DESC')},
  'done', (SELECT coalesce(jsonb_agg(jsonb_build_object('table', "table", 'operation', operation, 'automatic', automatic, 'at', ${isoText('moment')})), '[]') FROM done),
  'clients', (SELECT count(*) FROM sessions WHERE backend_type = 'client backend' AND usename <> '${notOurs}'),
  'tables', (SELECT count(*) FROM tables), 'missed', ${missed})::text AS answer`);
}

/**
 * Analyzes every table of a database that the user may, and answers with the database's own time. A session whose client is gone ends within
 * seconds, where the server can tell ("Connections and Authentication", PostgreSQL 14).
 */
export function analyzeStatements(timeoutSeconds: number): string {
  return onOneLine(`
SELECT set_config(name, '5s', false) FROM pg_settings WHERE name = 'client_connection_check_interval';
SET statement_timeout = ${Math.ceil(timeoutSeconds * 1000)};
ANALYZE;
SELECT jsonb_build_object('database', current_database(), 'at', ${isoText('now()')})::text AS answer`);
}

function list(rows: string, order: string): string {
  return `(SELECT coalesce(jsonb_agg(row), '[]') FROM (SELECT to_jsonb(${rows}) AS row FROM ${rows} ORDER BY ${order} LIMIT ${most}) ${rows})`;
}

/** Texts of one length, which compare as the times do. */
function isoText(moment: string): string {
  return `to_char(${moment} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** What a task is told may have 8192 characters with everything around it ("RunTask"). */
function onOneLine(text: string): string {
  return text.trim().replace(/\s+/g, ' ');
}
