import type { Environment } from '../../environment/environment.js';
import type { AccessDenied, Aborted, NotFound, TimedOut, Unexpected, Unreachable } from '../../errors.js';

export interface AskedSql {
  readonly operation: string;
  readonly database: string | null;
  readonly timeoutSeconds: number;
}

/** "PostgreSQL Error Codes": who may not, what is not there, and what passes. */
const denied = new Set(['28000', '28P01', '42501']);
const noDatabase = '3D000';
const canceled = '57014';
const passing = new Set(['53300', '57P01', '57P02', '57P03']);
/** A connection that was lost, and whatever has a code of the system's (`ECONNREFUSED`) or, like a timeout of `pg`, none at all. */
const ofTheConnection = /^(08...|E[A-Z_]+)$/;

/** What `pg` was rejected with, in words of this library. */
export function mapSqlError(env: Environment, thrown: unknown, { operation, database, timeoutSeconds }: AskedSql): AccessDenied | Aborted | NotFound | TimedOut | Unexpected | Unreachable {
  const { code, message } = partsOf(thrown);
  const where = database === null ? `database instance ${env.definition.database}` : `database ${database} of ${env.definition.database}`;
  const cause = { name: 'PostgresError', message, ...(code === undefined ? {} : { code }) };
  if (env.signal.aborted) return { kind: 'Aborted', waitingFor: where, message: `aborted while ${operation} was asked of ${where}${code === canceled ? '; the statement was cancelled there' : ''}`, remedy: 'Nothing is undone by an abort: call again.', cause };
  if (code !== undefined && denied.has(code)) return { kind: 'AccessDenied', action: operation, resource: where, message: `${where} refused: ${message}`, remedy: 'Mend the user, its password or its rights: it needs to connect, and the role pg_monitor or pg_read_all_stats.', cause };
  if (code === noDatabase) return { kind: 'NotFound', resource: 'database', name: database ?? '', region: env.definition.region, message: `${where}: ${message}`, remedy: 'Correct the databases of the services in the environment definition, or the database that sqlConnection names.', cause };
  if (code === canceled) return { kind: 'TimedOut', waitingFor: `${operation} in ${where}`, lastSeen: message, timeoutSeconds, message: `${operation} in ${where}: not within ${timeoutSeconds} s, and cancelled there`, remedy: 'Find out what holds it up; if it only needs longer, call again with more time.', cause };
  if (code === undefined || passing.has(code) || ofTheConnection.test(code)) return { kind: 'Unreachable', operation, message: `${where} cannot be asked: ${message}`, remedy: 'Look whether its address, its port and its security groups let this machine in; from outside of its VPC an sqlTask asks it.', cause };
  return { kind: 'Unexpected', operation, code, message: `${where}: ${message}`, remedy: 'Read the message, and mend what it says.', cause };
}

/** Several addresses that are refused come as one error without a message of its own. */
function partsOf(thrown: unknown): { readonly code: string | undefined; readonly message: string } {
  const { code, message, errors } = (thrown ?? {}) as { readonly code?: unknown; readonly message?: unknown; readonly errors?: readonly { readonly message?: unknown }[] };
  const said = typeof message === 'string' && message !== '' ? message : (errors ?? []).map((each) => String(each.message)).join('; ');
  return { code: typeof code === 'string' ? code : undefined, message: said === '' ? String(thrown) : said };
}
