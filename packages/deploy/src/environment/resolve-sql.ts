import { Redacted } from '../redacted.js';
import type { EnvironmentDefinition } from './definition.js';
import { wordProblem } from './resolve-header.js';
import { isSecret, resolveSecret, unsetProblem } from './resolve-secret.js';

/** The URL by which the database is asked, null where the definition has none, and what is wrong with it, of which it is never part. */
export function resolveSql(definition: EnvironmentDefinition): { readonly connection: Redacted | null; readonly problems: readonly string[] } {
  const { sqlConnection } = definition;
  if (!isSecret(sqlConnection)) return { connection: null, problems: [] };
  const url = resolveSecret(sqlConnection);
  if (url === undefined) return { connection: null, problems: unsetProblem('sqlConnection', sqlConnection) };
  return { connection: new Redacted(url), problems: urlProblems(definition, url).map((problem) => `sqlConnection (environment variable ${sqlConnection.fromEnv}): ${problem}`) };
}

/** What of a connection is secret: the URL, and its password as it is, and as it stands there. */
export function secretsOfSql(connection: Redacted | null): readonly string[] {
  if (connection === null) return [];
  const url = connection.reveal();
  const password = URL.canParse(url) ? new URL(url).password : '';
  return [url, password, decoded(password)];
}

const expected = 'expected a URL like postgresql://user:password@host:5432/database';

function urlProblems(definition: EnvironmentDefinition, text: string): readonly string[] {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null) return [`${expected}, got ${text.length} characters that are none`];
  if (url.protocol !== 'postgresql:' && url.protocol !== 'postgres:') return [`${expected}, got one that begins otherwise`];
  if (url.hostname === '' || url.username === '' || url.pathname.length < 2) return [`${expected}, got one without ${[...(url.username === '' ? ['user'] : []), ...(url.hostname === '' ? ['host'] : []), ...(url.pathname.length < 2 ? ['database'] : [])].join(', ')}`];
  const wrong = wordProblem(definition, decoded(url.password));
  return wrong === null ? [] : [wrong.replace('expected', 'expected as its password')];
}

/** Of a part of a URL, which may hold a lone %. */
function decoded(part: string): string {
  return new URLSearchParams(`p=${part.replaceAll('+', '%2B').replaceAll('&', '%26')}`).get('p') ?? '';
}
