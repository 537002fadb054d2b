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
  const sections = kinds().map(({ kind, about }) => {
    const own = made.filter((each) => each.kind === kind);
    const rows = own.map(({ reason, message, remedy }) => [reason === '' ? '' : `\`${reason}\``, plain(message), plain(remedy)]).filter(([, , remedy]) => remedy !== '…');
    const unique = [...new Map(rows.map((row) => [row.join(), row])).values()].sort(([one = ''], [other = '']) => one.localeCompare(other));
    const reasons = unique.some(([reason]) => reason !== '') ? table(['reason', 'what it says', 'what to do'], unique) : table(['what it says', 'what to do'], unique.map(([, ...cells]) => cells));
    return `## ${kind}\n\n${about}\n\n${unique.length === 0 ? '' : reasons}`;
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

/** Kinds in the order of `errors.ts`, with the comments of their types. */
function kinds(): readonly { readonly kind: string; readonly about: string }[] {
  const source = readFileSync(join(sources, 'errors.ts'), 'utf8');
  return [...source.matchAll(/(?:\/\*\* (.*?) \*\/\n)?export interface (\w+) extends ErrorBase<'\w+'>/g)].map(([, about = '', kind = '']) => ({ kind, about }));
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

function literal(node: ts.Expression): string {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isTemplateExpression(node)) return node.head.text + node.templateSpans.map((span) => `…${span.literal.text}`).join('');
  if (ts.isConditionalExpression(node)) return [literal(node.whenTrue), literal(node.whenFalse)].filter((text) => text !== '…').join(' / ') || '…';
  if (ts.isAsExpression(node) || ts.isParenthesizedExpression(node)) return literal(node.expression);
  return '…';
}
