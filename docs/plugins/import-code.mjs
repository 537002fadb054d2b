import { excerptMeta, excerptTitle, readCode } from './read-code.mjs';

/** What may be typed into a page: it neither runs nor is anybody's output. */
const typed = new Set(['mermaid']);

/** Elements that show code without a block of Markdown. */
const elements = new Set(['pre', 'CodeBlock']);

/** What tools make from tested sources is plain Markdown, what people write is MDX; `filled` is what `cut-version` has kept of a version. */
const generated = /[\\/]reference[\\/].*\.md$/;

/** Fills ```` ```ts file=examples/migrate.ts#main ````, and refuses code and output that are typed into a page. */
export default function importCode({ root }) {
  return (tree, page) => {
    for (const node of codeOf(tree)) {
      const reference = /(?:^|\s)file=(\S+)/.exec(node.meta ?? '')?.[1];
      if (reference !== undefined) fill(node, reference, root);
      else if (!typed.has(node.lang) && !/\bfilled\b/.test(node.meta ?? '') && !generated.test(page.path)) throw new Error(`${page.path}:${node.position?.start.line}: code and output of a page are regions of tested files: \`\`\`${node.lang ?? 'ts'} file=examples/name.ts#region`);
    }
  };
}

function fill(node, reference, root) {
  const title = excerptTitle(node.lang ?? '', node.meta, reference);
  node.value = readCode(reference, root, excerptMeta(node.meta));
  node.meta = [node.meta.replace(/\s*(?:file=\S+|untitled|(?:from|to)="[^"]*")/g, ''), title].join(' ').trim();
}

function codeOf(node) {
  return node.type === 'code' || elements.has(node.name) ? [node] : (node.children ?? []).flatMap(codeOf);
}
