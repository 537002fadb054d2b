import { renderReadme } from '../../packages/local-cloud/scripts/write-readme.js';
import { generatedPage } from './markdown.mjs';

const repository = 'https://github.com/graasp/graasp-deploy/blob/main/';

/** The README of the local cloud, which is made from its tables. */
export function localCloudPage(): string {
  const body = renderReadme()
    .replace(/^# .*\n/, '')
    .replace(/\]\(\.\.\/\.\.\//g, `](${repository}`);
  return generatedPage({ title: 'The local cloud', description: 'Operations, faults and durations of @graasp/local-cloud, and how it differs from AWS.', position: 4, body });
}
