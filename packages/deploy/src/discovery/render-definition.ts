import { isSecret } from '../environment/resolve-secret.js';
import type { Draft } from './draft-definition.js';
import type { DraftNote } from './draft-notes.js';

/** The draft as a file of TypeScript: what is guessed says so and why (`to review`), and what only a person knows is asked for (`TODO`). */
export function renderDefinition({ definition, notes }: Draft): string {
  const comments: readonly Comment[] = [...notes.unknowns.map((note) => ({ ...note, mark: 'TODO' })), ...notes.guesses.map((note) => ({ ...note, mark: 'to review' }))];
  return [
    `// Drafted by discoverEnvironment from what is in cluster ${definition.cluster} (account ${definition.accountId}, ${definition.region}).`,
    '// "to review" is a guess, and why; "TODO" is what AWS does not tell. What is left out has a default: see EnvironmentDefinition.',
    "import { defineEnvironment, secretFromEnv } from '@graasp/deploy';",
    '',
    `export const environment = defineEnvironment(${renderObject(definition, '', comments, '')});`,
    '',
  ].join('\n');
}

interface Comment extends DraftNote {
  readonly mark: string;
}

function renderObject(value: object, path: string, comments: readonly Comment[], indent: string): string {
  const inner = `${indent}  `;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  const lines = entries.flatMap(([key, item]) => {
    const at = path === '' ? key : `${path}.${key}`;
    return [...comments.filter((comment) => comment.path === at).map((comment) => `${inner}// ${comment.mark}: ${oneLine(comment.text)}`), `${inner}${keyOf(key)}: ${renderValue(item, at, comments, inner)},`];
  });
  const absent = comments.flatMap(({ path: of, mark, text }) => {
    const key = of.slice(path === '' ? 0 : path.length + 1);
    const isHere = (path === '' || of.startsWith(`${path}.`)) && key !== '' && !key.includes('.');
    return isHere && !entries.some(([name]) => name === key) ? [`${inner}// ${mark}: ${key}: ${oneLine(text)}`] : [];
  });
  return ['{', ...lines, ...absent, `${indent}}`].join('\n');
}

function renderValue(value: unknown, path: string, comments: readonly Comment[], indent: string): string {
  if (isSecret(value)) return `secretFromEnv(${quoted(value.fromEnv)})`;
  if (Array.isArray(value)) return `[${value.map((item) => renderValue(item, path, comments, indent)).join(', ')}]`;
  if (typeof value === 'object' && value !== null) return isPlain(value, path, comments) ? renderInline(value) : renderObject(value, path, comments, indent);
  return typeof value === 'string' ? quoted(value) : String(value);
}

/** One text, and nothing to say of it. */
function isPlain(value: object, path: string, comments: readonly Comment[]): boolean {
  const items: readonly unknown[] = Object.values(value);
  return items.length === 1 && typeof items[0] === 'string' && !comments.some((comment) => comment.path.startsWith(`${path}.`));
}

function renderInline(value: object): string {
  return `{ ${Object.entries(value).map(([key, item]) => `${keyOf(key)}: ${quoted(item as string)}`).join(', ')} }`;
}

function keyOf(key: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(key) ? key : quoted(key);
}

/** Names come from AWS: none of them is to end a text or a comment. */
function quoted(text: string): string {
  return `'${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
}

function oneLine(text: string): string {
  return text.replaceAll(/[\s\u2028\u2029]+/g, ' ');
}
