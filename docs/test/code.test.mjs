import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import importCode from '../plugins/import-code.mjs';
import { filledBlocks } from '../plugins/read-code.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const content = join(root, 'docs/content');
const written = readdirSync(content, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.mdx') && name !== 'concepts/dictionary.mdx');
const pages = written.map((name) => ({ name, text: readFileSync(join(content, name), 'utf8') }));

/** The blocks of a page, as the site shows them. */
function shown(text, path = join(content, 'guides/page.mdx')) {
  const children = [...text.matchAll(/^(`{3,})(\w*)(?: (.*))?\n([\s\S]*?)\n?^\1$/gm)].map(([, , lang, meta, value]) => ({ type: 'code', lang: lang === '' ? null : lang, meta: meta ?? null, value }));
  importCode({ root })({ type: 'root', children }, { path });
  return children;
}

describe('a page', () => {
  it('may have a diagram typed into it, and no code, output or block of another kind', () => {
    assert.equal(shown('```mermaid\nflowchart LR\n```').length, 1);
    for (const fence of ['```ts', '```text', '```', '```console title="a"', '```python']) assert.throws(() => shown(`${fence}\n1\n\`\`\``), /regions of tested files/, fence);
  });

  it('has no code in an element either', () => {
    for (const name of ['pre', 'CodeBlock']) {
      const tree = { type: 'root', children: [{ type: 'mdxJsxFlowElement', name: 'details', children: [{ type: 'mdxJsxFlowElement', name, children: [] }] }] };
      assert.throws(() => importCode({ root })(tree, { path: 'guides/page.mdx' }), /regions of tested files/);
    }
  });

  it('may have code of its own where it is made from the code, and not where it is written by hand beside that', () => {
    assert.equal(shown('```ts\nlet a;\n```', join(content, 'reference/api/steps.md')).length, 1);
    assert.throws(() => shown('```ts\nlet a;\n```', join(content, 'reference/decisions.mdx')), /regions of tested files/);
  });

  it('cannot show a file, a region or an excerpt that is gone', () => {
    for (const [fence, lost] of [['```ts file=examples/gone.ts', /gone\.ts/], ['```ts file=examples/quickstart.ts#gone', /gone/], ['```text file=examples/output/quickstart.txt from="gone from it"', /gone from it/]]) assert.throws(() => shown(`${fence}\n\`\`\``), lost, fence);
  });

  it('about a recipe has the same parts as the others, in the same order', () => {
    const parts = ['When to use it', 'What it does, step by step', 'What visitors see', 'How long it takes', 'Run it', 'What can go wrong, and what to do', 'How to go back'];
    const recipes = pages.filter(({ name }) => /^recipes[\\/](?!index)/.test(name));
    assert.ok(recipes.length > 8);
    for (const { name, text } of recipes) assert.deepEqual([...text.matchAll(/^## (.+)$/gm)].map(([, title]) => title), parts, name);
  });

  it('that is kept for a version shows what it showed, under the same title', () => {
    const blocks = pages.flatMap(({ name, text }) => {
      const now = shown(text);
      const kept = shown(filledBlocks(text, root, { keepsTitle: true }));
      const withoutMark = kept.map(({ meta, ...block }) => ({ ...block, meta: (meta ?? '').replace(/\s*\bfilled\b/, '').trim() }));
      assert.deepEqual(withoutMark, now.map(({ meta, ...block }) => ({ ...block, meta: meta ?? '' })), name);
      return now;
    });
    assert.ok(blocks.length > 100);
  });
});
