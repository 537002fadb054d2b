import { excerptMeta, readCode } from './read-code.mjs';

/** What is run, and therefore never typed into a page. */
const runs = new Set(['ts', 'tsx', 'typescript', 'js', 'mjs', 'javascript', 'sh', 'bash', 'shell', 'console', 'yaml', 'yml', 'json', 'sql']);

/** What tools make from tested sources; `filled` is what `cut-version` has kept of a version. */
const generated = /[\\/]reference[\\/]/;

/** Fills ```` ```ts file=examples/migrate.ts#main ````, and refuses code that is typed into a page. */
export default function importCode({ root }) {
  return (tree, page) => {
    for (const node of blocksOf(tree)) {
      const reference = /(?:^|\s)file=(\S+)/.exec(node.meta ?? '')?.[1];
      if (reference !== undefined) fill(node, reference, root);
      else if (runs.has(node.lang ?? '') && !/\bfilled\b/.test(node.meta ?? '') && !generated.test(page.path)) throw new Error(`${page.path}:${node.position?.start.line}: code of a page is a region of a tested file: \`\`\`${node.lang} file=examples/name.ts#region`);
    }
  };
}

function fill(node, reference, root) {
  node.value = readCode(reference, root, excerptMeta(node.meta));
  const shown = ['ts', 'tsx', 'yaml', 'json', 'mjs'].includes(node.lang ?? '') && !/(?:^|\s)(?:title=|untitled)/.test(node.meta);
  node.meta = [node.meta.replace(/\s*(?:file=\S+|untitled|(?:from|to)="[^"]*")/g, ''), ...(shown ? [`title="${reference.split('#')[0]}"`] : [])].join(' ').trim();
}

function blocksOf(node) {
  return node.type === 'code' ? [node] : (node.children ?? []).flatMap(blocksOf);
}
