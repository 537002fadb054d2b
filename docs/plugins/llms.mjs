import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { filledBlocks } from './read-code.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** `llms.txt`, an index of the pages with what each is about, and `llms-full.txt`, their text with its code filled in. */
export default function llms({ siteConfig: { title, tagline, url, baseUrl } }) {
  let pages = [];
  return {
    name: 'llms',
    async allContentLoaded({ allContent }) {
      const version = allContent['docusaurus-plugin-content-docs'].default.loadedVersions.find(({ isLast }) => isLast);
      pages = version.docs.filter(({ id }) => !id.startsWith('reference/api/')).map(({ title, description, permalink, source }) => ({ title, description, link: `${url}${permalink.replace(/\/?$/, '/')}`, source }));
    },
    async postBuild({ outDir }) {
      const texts = await Promise.all(pages.map(async (page) => ({ ...page, text: filled(await readFile(page.source.replace('@site', join(root, 'docs')), 'utf8')) })));
      const about = `# ${title}\n\n> ${tagline}\n`;
      await write(join(outDir, 'llms.txt'), `${about}\n${texts.map((page) => `- [${page.title}](${page.link}): ${page.description}`).join('\n')}\n\nEverything in one file: ${url}${baseUrl}llms-full.txt\n`);
      await write(join(outDir, 'llms-full.txt'), `${about}\n${texts.map((page) => `# ${page.title}\n\n${page.link}\n\n${page.text}`).join('\n\n---\n\n')}\n`);
    },
  };
}

async function write(path, text) {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}

/** The page's Markdown, without front matter, imports, its first heading and the marks of code that was filled in before. */
function filled(source) {
  const text = source
    .replace(/^---\n[\s\S]*?\n---\n/, '')
    .replace(/^import .*$/gm, '')
    .replace(/^# .*$/m, '')
    .replace(/^(`{3,}\w*) .*\bfilled\b.*$/gm, '$1');
  return filledBlocks(text, root).trim();
}
