import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { generatedPage, plain, table } from './markdown.mjs';

const sources = fileURLToPath(new URL('../../packages/deploy/src', import.meta.url));

interface Made {
  readonly kind: string;
  readonly reason: string;
  readonly message: string;
  readonly remedy: string;
}

/** Every kind of error: what its type says, and each message and remedy that the code makes one with. What is only known when it happens is `…`. */
export function errorsPage(): string {
  const made = sourceFiles().flatMap(errorsMadeIn);
  const sections = kinds().map(({ kind, about, reasons: declared }) => {
    const own = made.filter((each) => each.kind === kind);
    const rows = own.filter(({ message, remedy }) => message !== '…' || remedy !== '…').map(({ reason, message, remedy }) => [reason === '' ? '' : `\`${reason}\``, plain(message), plain(remedy)]);
    if (rows.length === 0) throw new Error(`errors-page: nothing in the code makes a ${kind} that can be read`);
    const unique = [...new Map(rows.map((row) => [row.join(), row])).values()].sort(([one = ''], [other = '']) => one.localeCompare(other));
    const reasons = unique.some(([reason]) => reason !== '') ? table(['reason', 'what it says', 'what to do'], unique) : table(['what it says', 'what to do'], unique.map(([, ...cells]) => cells));
    const named = declared.length === 0 ? '' : `Its \`reason\` is one of ${declared.map((reason) => `\`${reason}\``).join(', ')}.`;
    return [`## ${kind}`, about, named, reasons].filter((part) => part !== '').join('\n\n');
  });
  const body = `
Every error has a \`kind\`, a \`message\` (what happened, and what state things are in) and a \`remedy\` (what to do next). One that ends a run has
a \`situation\` too: the step, the state, whether maintenance is on, what is known of the schema, what was left, and the next actions as lines for a shell.
This page is made from the code; \`…\` is what is only known when it happens.

${sections.join('\n\n')}
`;
  return generatedPage({ title: 'Errors', description: 'Every kind of error, its reasons, what it says and what to do.', position: 2, body });
}

function sourceFiles(): readonly ts.SourceFile[] {
  const names = readdirSync(sources, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts') && !/\.(test|test-d|fixture|conformance)\.ts$/.test(name));
  return names.sort().map((name) => ts.createSourceFile(name, readFileSync(join(sources, name), 'utf8'), ts.ScriptTarget.Latest, true));
}

interface Kind {
  readonly kind: string;
  readonly about: string;
  /** Those that its type names. */
  readonly reasons: readonly string[];
}

/** Kinds in the order of `errors.ts`, with the comments of their types. */
function kinds(): readonly Kind[] {
  const source = readFileSync(join(sources, 'errors.ts'), 'utf8');
  const file = ts.createSourceFile('errors.ts', source, ts.ScriptTarget.Latest, true);
  return [...source.matchAll(/(?:\/\*\* (.*?) \*\/\n)?export interface (\w+) extends ErrorBase<'\w+'>/g)].map(([, about = '', kind = '']) => ({ kind, about, reasons: reasonsOf(kind, file) }));
}

function reasonsOf(kind: string, file: ts.SourceFile): readonly string[] {
  const type = file.statements.find((each) => ts.isInterfaceDeclaration(each) && each.name.text === kind) as ts.InterfaceDeclaration;
  const reason = type.members.find((each) => each.name?.getText(file) === 'reason');
  return reason !== undefined && ts.isPropertySignature(reason) ? textsOf(reason.type, file) : [];
}

function textsOf(type: ts.TypeNode | undefined, file: ts.SourceFile): readonly string[] {
  if (type === undefined) return [];
  if (ts.isUnionTypeNode(type)) return type.types.flatMap((each) => textsOf(each, file));
  if (ts.isLiteralTypeNode(type) && ts.isStringLiteral(type.literal)) return [type.literal.text];
  const alias = file.statements.find((each) => ts.isTypeAliasDeclaration(each) && each.name.text === type.getText(file)) as ts.TypeAliasDeclaration | undefined;
  return textsOf(alias?.type, file);
}

function errorsMadeIn(file: ts.SourceFile): readonly Made[] {
  const found: Made[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isObjectLiteralExpression(node)) {
      const property = (name: string) => node.properties.find((each) => each.name?.getText(file) === name);
      const kind = textOf(property('kind'));
      if (/^[A-Z]\w+$/.test(kind) && property('remedy') !== undefined) {
        found.push({ kind, reason: textOf(property('reason')) || textOf(property('rule')), message: textOf(property('message')), remedy: textOf(property('remedy')) });
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

function textOf(property: ts.ObjectLiteralElementLike | undefined): string {
  if (property === undefined) return '';
  return ts.isPropertyAssignment(property) ? literal(property.initializer) : '…';
}

function literal(node: ts.Expression, depth = 3): string {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isTemplateExpression(node)) return node.head.text + node.templateSpans.map((span) => `${filling(span.expression, depth)}${span.literal.text}`).join('');
  if (ts.isConditionalExpression(node)) return either([node.whenTrue, node.whenFalse], depth);
  if (ts.isAsExpression(node) || ts.isParenthesizedExpression(node)) return literal(node.expression, depth);
  if (ts.isCallExpression(node) && depth > 0) return either(returnedBy(node.expression.getText(), node.getSourceFile()), depth - 1);
  return '…';
}

const or = ' / ';

function either(nodes: readonly ts.Expression[], depth: number): string {
  const texts = nodes.map((node) => literal(node, depth)).filter((text) => /\w/.test(text));
  return [...new Set(texts)].join(or) || '…';
}

/** Within a text: whole sentences, where one of them is there in any case; no words such as `is` or `are`. */
function filling(node: ts.Expression, depth: number): string {
  const ways = ts.isConditionalExpression(node) ? [node.whenTrue, node.whenFalse] : ts.isCallExpression(node) && depth > 0 ? returnedBy(node.expression.getText(), node.getSourceFile()) : [];
  const texts = ways.map((way) => literal(way, depth - 1));
  return texts.length > 0 && texts.every((text) => text.split(' ').length > 3) ? [...new Set(texts)].join(or) : '…';
}

/** What a function of the same file can return. */
function returnedBy(name: string, file: ts.SourceFile): readonly ts.Expression[] {
  const found: ts.Expression[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isReturnStatement(node) && node.expression !== undefined) found.push(node.expression);
    if (!ts.isFunctionLike(node)) ts.forEachChild(node, visit);
  };
  const declared = file.statements.find((each) => ts.isFunctionDeclaration(each) && each.name?.text === name) as ts.FunctionDeclaration | undefined;
  if (declared?.body !== undefined) visit(declared.body);
  return found;
}
