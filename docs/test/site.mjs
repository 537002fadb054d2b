import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import AxeBuilder from '@axe-core/playwright';
import { chromium } from 'playwright-core';

const docs = fileURLToPath(new URL('..', import.meta.url));
export const base = '/graasp-deploy/';
/** Where the pages of `content` are below it: once a version was cut, its pages are at the root. */
export const current = existsSync(`${docs}versions.json`) ? 'next/' : '';

/** The built site behind Docusaurus' own server, and Debian's Chromium. */
export async function openSite() {
  if (!existsSync(`${docs}build/index.html`)) throw new Error('the site is not built: npm run build');
  const port = await freePort();
  const server = spawn('node', ['node_modules/@docusaurus/core/bin/docusaurus.mjs', 'serve', '--no-open', '--port', String(port)], { cwd: docs, stdio: ['ignore', 'ignore', 'inherit'] });
  const origin = `http://localhost:${port}`;
  const opened = untilItAnswers(`${origin}${base}`, server).then(() => chromium.launch({ executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium', args: ['--no-sandbox'] }));
  const browser = await opened.catch((error) => {
    server.kill();
    throw error;
  });
  return {
    url: (path) => `${origin}${base}${path}`,
    origin,
    browser,
    async close() {
      await browser.close();
      server.kill();
      await once(server, 'exit');
    },
  };
}

/** Every page of the sitemap, below the site's base. */
export function pagesOfSite() {
  const sitemap = readFileSync(`${docs}build/sitemap.xml`, 'utf8');
  return [...sitemap.matchAll(/<loc>https?:\/\/[^/]+\/graasp-deploy\/([^<]*)<\/loc>/g)].map(([, path]) => path);
}

/** How many diagrams each page has, by its path; they are drawn in the browser, and no built page names them. */
export function diagramsByPage() {
  const pages = readdirSync(`${docs}content`, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.mdx'));
  const counts = pages.map((name) => [current + name.replace(/(?:(^|\/)index)?\.mdx$/, '$1').replace(/(?<=[^/])$/, '/'), readFileSync(`${docs}content/${name}`, 'utf8').match(/^```mermaid/gm)?.length ?? 0]);
  return new Map(counts.filter(([, count]) => count > 0));
}

export function built(path) {
  return readFileSync(`${docs}build/${path}`, 'utf8');
}

/** Problems that a page has told of since it was opened. */
export function listen(page) {
  const problems = [];
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('response', (response) => response.status() >= 400 && problems.push(`${response.status()} ${response.url()}`));
  return problems;
}

/** Pixels by which the page is wider than its window. */
export function tooWide(page) {
  return page.evaluate(() => Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth));
}

/** Of axe's rules those about what a theme decides. */
const aboutColour = ['color-contrast', 'link-in-text-block'];

/** What axe finds on the page as it is. It has no frames, which is what axe opens a page of its own for, unless in legacy mode. */
export async function seriousViolations(page, rules) {
  const axe = new AxeBuilder({ page }).setLegacyMode();
  const { violations } = await (rules === undefined ? axe : axe.withRules(rules)).analyze();
  const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  return serious.map(({ id, nodes }) => `${id}: ${nodes.map(({ html, target }) => `${target.join(' ')} ${html.slice(0, 160)}`).slice(0, 4).join(' | ')}`);
}

/** What axe finds of the same page in the dark theme, which decides about colours alone. */
export async function seriousViolationsInTheDark(page) {
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.locator('html[data-theme=dark]').waitFor();
  return seriousViolations(page, aboutColour);
}

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  return port;
}

/** It answers within seconds; minutes are for a machine that has much else to do. */
export async function untilItAnswers(url, server, timeoutSeconds = 120) {
  const timeout = AbortSignal.timeout(timeoutSeconds * 1000);
  let last = 'no word';
  while (!timeout.aborted) {
    if (server.exitCode !== null) throw new Error(`docusaurus serve ended with ${server.exitCode}`);
    const answer = await fetch(url, { signal: timeout }).catch((error) => error);
    if (answer.ok) return;
    if (!timeout.aborted) last = answer.status ?? answer.cause?.message ?? answer.message;
    await sleep(200);
  }
  throw new Error(`docusaurus serve did not answer at ${url} within ${timeoutSeconds} s: ${last}`);
}
