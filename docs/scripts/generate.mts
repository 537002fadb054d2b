import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeApiEntries } from './api-entries.mjs';
import { apiPages } from './api-pages.mjs';
import { changelogPage } from './changelog-page.mjs';
import { dictionaryPage } from './dictionary-page.mjs';
import { errorsPage } from './errors-page.mjs';
import { failureTablePage } from './failure-table-page.mjs';
import { landingData } from './landing-data.mjs';
import { localCloudPage } from './local-cloud-page.mjs';
import { transitionsPage } from './transitions-page.mjs';

/** Everything on the site that is made from the code: the entries of the API reference, and the pages of `content` that git ignores. */
const page = (name: string, text: string) => write(`content/reference/${name}.md`, text);

writeApiEntries(write);
for (const [name, text] of await apiPages()) page(`api/${name}`, text);
page('errors', errorsPage());
page('failure-table', failureTablePage());
page('local-cloud', localCloudPage());
page('changelog', changelogPage());
page('transitions', await transitionsPage());
write('content/concepts/dictionary.mdx', dictionaryPage());
write('src/generated/landing.json', landingData());

function write(path: string, text: string): void {
  const file = fileURLToPath(new URL(`../${path}`, import.meta.url));
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
