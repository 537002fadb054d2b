import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Slugger from 'github-slugger';
import { Application } from 'typedoc';
import { apiEntries, apiGroups } from '../plugins/api-groups.mjs';
import { generatedPage } from './markdown.mjs';

const here = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));

/** A page of each group, by TypeDoc from the docstrings. */
export async function apiPages(): Promise<ReadonlyMap<string, string>> {
  const out = await mkdtemp(join(tmpdir(), 'graasp-deploy-api-'));
  const app = await Application.bootstrapWithPlugins({
    entryPoints: apiEntries.map(here),
    tsconfig: here('tsconfig.api.json'),
    plugin: ['typedoc-plugin-markdown'],
    out,
    logLevel: 'Error',
    readme: 'none',
    disableSources: true,
    excludeInternal: true,
    groupOrder: ['Functions', 'Variables', '*'],
    ...({ outputFileStrategy: 'modules', hidePageHeader: true, hideBreadcrumbs: true, hidePageTitle: true, parametersFormat: 'table', interfacePropertiesFormat: 'table', typeAliasPropertiesFormat: 'table', useCodeBlocks: true, sanitizeComments: true } as object),
  });
  const project = await app.convert();
  if (project === undefined) throw new Error('the API reference could not be made: see above');
  await app.generateOutputs(project);
  const pages = new Map(Object.entries(apiGroups).map(([name, group], index) => [name, apiPage(readFileSync(join(out, `${name}.md`), 'utf8'), group, index)]));
  await rm(out, { recursive: true });
  return pages;
}

function apiPage(text: string, { title, about }: { readonly title: string; readonly about: string }, index: number): string {
  return generatedPage({ title, description: about, position: index + 1, body: `${about}\n\n${withAnchorsThatExist(text.replace(/^## Variables$/m, title === 'Recipes' ? '## Recipes' : '## Constants'))}` });
}

/** TypeDoc counts names that are headings nowhere: what it calls `#name-1` may be the only one. */
function withAnchorsThatExist(text: string): string {
  const slugger = new Slugger();
  const slugs = new Set([...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => slugger.slug(heading.replace(/[`\\]/g, ''))));
  return text.replace(/\]\(#([\w-]+?)(-\d+)\)/g, (link, name: string, count: string) => (slugs.has(`${name}${count}`) || !slugs.has(name) ? link : `](#${name})`));
}
