import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { filledBlocks } from '../plugins/read-code.mjs';

/** `npm run cut-version -- 1.0.0`: the pages as they are, with the code that they show now, since examples go on changing. */
const [version] = process.argv.slice(2);
if (version === undefined || !/^\d+\.\d+\.\d+$/.test(version)) {
  console.error(`expected a version such as 1.0.0, got ${version ?? 'none'}`);
  process.exit(2);
}

const docs = fileURLToPath(new URL('..', import.meta.url));
execFileSync('npx', ['docusaurus', 'docs:version', version], { cwd: docs, stdio: 'inherit' });
const kept = join(docs, 'versioned_docs', `version-${version}`);
for (const name of readdirSync(kept, { recursive: true, encoding: 'utf8' }).filter((path) => /\.mdx?$/.test(path))) {
  const path = join(kept, name);
  writeFileSync(path, filledBlocks(readFileSync(path, 'utf8'), join(docs, '..'), { keepsTitle: true }));
}
