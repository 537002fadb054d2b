import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { generatedPage } from './markdown.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** What was released, package by package, after what is on main and not released yet. */
export function changelogPage(): string {
  const released = ['deploy', 'local-cloud'].flatMap((name) => {
    const path = `${root}packages/${name}/CHANGELOG.md`;
    return existsSync(path) ? [readFileSync(path, 'utf8').replace(/^#/gm, '##')] : [];
  });
  const body = `## Not released yet\n\n${pending().join('\n')}\n\n${released.join('\n\n')}`;
  return generatedPage({ title: 'Changelog', description: 'What has changed, version by version.', position: 6, body });
}

function pending(): readonly string[] {
  const folder = `${root}.changeset`;
  const names = readdirSync(folder).filter((name) => name.endsWith('.md') && name !== 'README.md');
  const changes = names.sort().map((name) => {
    const [, front = '', text = ''] = /^---\n([\s\S]*?)\n---\n([\s\S]*)$/.exec(readFileSync(`${folder}/${name}`, 'utf8')) ?? [];
    const packages = [...front.matchAll(/'(@graasp\/[\w-]+)': (\w+)/g)].map(([, of, kind]) => `${of} (${kind})`);
    return `- **${packages.join(', ')}**: ${text.trim().replace(/\n/g, '\n  ')}`;
  });
  return changes.length === 0 ? ['Nothing.'] : changes;
}
