import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { generatedPage, plain, table } from './markdown.mjs';
import { type Facts, type Given, keysLookedUpIn, lastName, sourcesBelow, textOf, waysTogether } from './texts-in-code.mjs';

const folder = fileURLToPath(new URL('../../packages/deploy/src', import.meta.url));

/** The property that tells errors of a kind from each other. */
const toldBy: Readonly<Record<string, string>> = { NotFound: 'resource', Conflict: 'reason', Refused: 'rule', MigrationFailed: 'reason', DeploymentFailed: 'reason' };

/** Whether a migration's process has run, where its `reason` says so; `judgeTask` decides both. */
export const ranBy: Readonly<Record<string, boolean>> = {
  'exit-code': true,
  'spot-interruption': true,
  'stopped-by-somebody': true,
  'no-exit-code': true,
  'outcome-unknown': true,
  'out-of-memory': true,
  image: false,
  capacity: false,
  start: false,
};

interface Made {
  readonly kind: string;
  /** What `toldBy` tells it by; empty: nothing does. */
  readonly told: string;
  readonly message: string;
  readonly remedy: string;
}

/** Every kind of error: what its type says, and each message and remedy that the code makes one with. What is only known when it happens is `…`. */
export function errorsPage(): string {
  const kinds = readKinds();
  const made = errorsMade(kinds);
  const sections = kinds.map(({ kind, about, values: { reason = [] } }) => {
    const rows = made.filter((each) => each.kind === kind && (each.message !== '…' || each.remedy !== '…')).map(({ told, message, remedy }) => [told === '' ? '' : `\`${told}\``, plain(message), plain(remedy)]);
    if (rows.length === 0) throw new Error(`errors-page: nothing in the code makes a ${kind} that can be read`);
    const unique = [...new Map(rows.map((row) => [row.join(), row])).values()].sort(([one = ''], [other = '']) => one.localeCompare(other));
    const texts = toldBy[kind] === undefined ? table(['what it says', 'what to do'], unique.map(([, ...cells]) => cells)) : table([toldBy[kind], 'what it says', 'what to do'], unique);
    const named = reason.length === 0 ? '' : `Its \`reason\` is one of ${reason.map((each) => `\`${each}\``).join(', ')}.`;
    return [`## ${kind}`, about, named, texts].filter((part) => part !== '').join('\n\n');
  });
  const body = `
Every error has a \`kind\`, a \`message\` (what happened, and what state things are in) and a \`remedy\` (what to do next). One that ends a run has
a \`situation\` too: the step, the state, whether maintenance is on, what is known of the schema, what was left, and the next actions as lines for a shell.
This page is made from the code; \`…\` is what is only known when it happens, and a slash parts what can be said.

${sections.join('\n\n')}
`;
  return generatedPage({ title: 'Errors', description: 'Every kind of error, its reasons, what it says and what to do.', position: 2, body });
}

interface Kind {
  readonly kind: string;
  readonly about: string;
  /** Those that its type names, by property. */
  readonly values: Readonly<Record<string, readonly string[]>>;
}

const sources = sourcesBelow(folder);

/** Kinds in the order of `errors.ts`, with the comments of their types. */
function readKinds(): readonly Kind[] {
  const file = sources.get('errors.ts')!;
  return [...file.text.matchAll(/(?:\/\*\* (.*?) \*\/\n)?export interface (\w+) extends ErrorBase<'\w+'>/g)].map(([, about = '', kind = '']) => ({ kind, about, values: valuesOf(kind, file) }));
}

function valuesOf(kind: string, file: ts.SourceFile): Kind['values'] {
  const type = file.statements.filter(ts.isInterfaceDeclaration).find((each) => each.name.text === kind);
  const members = [...(type?.members ?? [])].filter(ts.isPropertySignature);
  return Object.fromEntries(members.map((member) => [member.name.getText(file), textsOf(member.type, file)] as const).filter(([, texts]) => texts.length > 0));
}

function textsOf(type: ts.TypeNode | undefined, file: ts.SourceFile): readonly string[] {
  if (type === undefined) return [];
  if (ts.isUnionTypeNode(type)) return type.types.flatMap((each) => textsOf(each, file));
  if (ts.isLiteralTypeNode(type) && ts.isStringLiteral(type.literal)) return [type.literal.text];
  const alias = file.statements.filter(ts.isTypeAliasDeclaration).find((each) => each.name.text === type.getText(file));
  return textsOf(alias?.type, file);
}

/** Each place in the code that makes an error, once for each value of what tells it from others. */
function errorsMade(kinds: readonly Kind[]): readonly Made[] {
  const found: Made[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isObjectLiteralExpression(node)) found.push(...errorsMadeBy(node, kinds));
    ts.forEachChild(node, visit);
  };
  for (const file of sources.values()) visit(file);
  return found;
}

function errorsMadeBy(node: ts.ObjectLiteralExpression, kinds: readonly Kind[]): readonly Made[] {
  const property = (name: string) => valueOf(node, name);
  const remedy = property('remedy');
  const kind = kinds.find((each) => each.kind === literalOf(property('kind')));
  if (kind === undefined || remedy === undefined) return [];
  const message = property('message');
  const read = (told: string, given: Given): Made => ({ kind: kind.kind, told, message: message === undefined ? '…' : textOf(given, message), remedy: textOf(given, remedy) });
  const teller = property(toldBy[kind.kind] ?? '');
  const told = literalOf(teller);
  if (teller === undefined || told !== undefined) return waysTogether(node).map((bound) => read(told ?? '', { sources, facts: {}, bound }));
  const bound: Given['bound'] = new Map();
  const name = lastName(teller) ?? '';
  const values = kind.values[name] ?? [...keysLookedUpIn({ sources, facts: {}, bound }, node, name), ''];
  const factsOf = (value: string): Facts => (value === '' ? {} : { [name]: [value], ...(ranBy[value] === undefined ? {} : { ran: [ranBy[value]] }) });
  return values.flatMap((value) => schemasApart(property('schema'), kind, factsOf(value), (facts) => read(value, { sources, facts, bound })));
}

/** Where the schema decides what to do, what is done in each case. */
function schemasApart(schema: ts.Expression | undefined, { values }: Kind, facts: Facts, read: (facts: Facts) => Made): readonly Made[] {
  if (schema === undefined) return [read(facts)];
  const schemas = (values['schema'] ?? []).map((value) => ({ value, remedy: read({ ...facts, schema: [value] }).remedy }));
  const remedies = [...new Set(schemas.map(({ remedy }) => remedy))];
  return remedies.map((each) => read({ ...facts, schema: schemas.filter(({ remedy }) => remedy === each).map(({ value }) => value) }));
}

/** `'image'`, also `as const`. */
function literalOf(node: ts.Expression | undefined): string | undefined {
  if (node !== undefined && ts.isAsExpression(node)) return literalOf(node.expression);
  return node !== undefined && ts.isStringLiteral(node) ? node.text : undefined;
}

/** `{ remedy }` is the name itself. */
function valueOf(node: ts.ObjectLiteralExpression, name: string): ts.Expression | undefined {
  const property = node.properties.find((each) => each.name?.getText() === name);
  if (property === undefined) return undefined;
  if (ts.isPropertyAssignment(property)) return property.initializer;
  return ts.isShorthandPropertyAssignment(property) ? property.name : undefined;
}
