import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { base, built, current, diagramsByPage, listen, openSite, pagesOfSite, seriousViolations, seriousViolationsInTheDark, tooWide } from './site.mjs';

/** A short page of each: axe takes seconds for what is long, and finds the same. */
const templates = { landing: '', recipe: `${current}recipes/roll-back/`, guide: `${current}guides/reports/`, diagram: `${current}states/`, api: `${current}reference/api/errors/`, generated: `${current}reference/errors/`, rehearsal: 'rehearse/', 'not found': 'no/such/page/' };
const widths = [375, 768, 1280];

let site;
before(async () => {
  site = await openSite();
});
after(() => site.close());

/** A page of its own context: theme and width are of one test. */
async function withPage(options, act) {
  const context = await site.browser.newContext({ viewport: { width: 1280, height: 900 }, reducedMotion: 'reduce', ...options });
  try {
    return await act(await context.newPage(), context);
  } finally {
    await context.close();
  }
}

describe('the site', { timeout: 600_000 }, () => {
  it('loads every page without an error in the console, with each of its diagrams, and no wider than a phone', async () => {
    const diagrams = diagramsByPage();
    assert.ok(diagrams.size > 5);
    assert.deepEqual([...diagrams.keys()].filter((path) => !pagesOfSite().includes(path)), []);
    await withPage({ viewport: { width: widths[0], height: 900 } }, async (page) => {
      const problems = listen(page);
      const drawn = page.locator('.docusaurus-mermaid-container svg');
      const wide = [];
      for (const path of pagesOfSite()) {
        await page.goto(site.url(path), { waitUntil: 'load' });
        assert.notEqual((await page.locator('h1').first().innerText()).trim(), '', path);
        const count = diagrams.get(path) ?? 0;
        if (count > 0) await drawn.nth(count - 1).waitFor();
        // a version that was cut has diagrams of its own
        if (path.startsWith(current)) assert.equal(await drawn.count(), count, path);
        assert.equal(await page.locator('text=Syntax error in text').count(), 0, path);
        assert.deepEqual(problems, [], path);
        const pixels = await tooWide(page);
        if (pixels > 0) wide.push(`${path}: ${pixels} px too wide`);
      }
      assert.deepEqual(wide, []);
    });
  });

  it('answers an unknown address with 404, as the static host does, and with links that lead on', async () => {
    const answer = await fetch(site.url('no/such/page/'));
    const text = await answer.text();
    const [, main = ''] = /<main[^>]*>([\s\S]*)<\/main>/.exec(text) ?? [];
    const links = [...main.matchAll(/ href="?([^\s">]+)/g)].map(([, href]) => href);

    assert.equal(answer.status, 404);
    // GitHub Pages takes it for whatever is not there
    assert.equal(text, built('404.html'));
    assert.match(main, /There is no such page/);
    assert.ok(links.length > 2);
    for (const href of links) assert.ok(href.startsWith(base) && built(`${href.slice(base.length).replace(/#.*/, '')}index.html`).length > 0, href);
  });

  it('has each promised page', () => {
    const pages = pagesOfSite();
    const promised = [
      ...['', 'start/what-it-is/', 'start/five-minutes/', 'states/', 'comparison/', 'rehearse/'],
      ...['', 'deploy-with-migration/', 'apply-migration/', 'deploy-without-migration/', 'change-state/', 'start-and-stop/', 'restore/', 'roll-back/', 'rehearse-locally/', 'adopt/'].map((name) => `recipes/${name}`),
      ...['github-actions/', 'infrastructure-code/', 'permissions/', 'own-steps-and-recipes/', 'testing/', 'reports/', 'draining/', 'shorter-window/', 'database-at-rest/'].map((name) => `guides/${name}`),
      ...['gate/', 'restore-points/', 'holds/', 'runs/', 'exit-codes/', 'results-and-errors/', 'dictionary/'].map((name) => `concepts/${name}`),
      ...['failure-table/', 'errors/', 'local-cloud/', 'transitions/', 'changelog/', 'decisions/'].map((name) => `reference/${name}`),
      ...['recipes/', 'steps/', 'runs/', 'environment/', 'errors/', 'reports/'].map((name) => `reference/api/${name}`),
    ];
    assert.deepEqual(promised.filter((path) => !pages.includes(path)), []);
  });

  it('can be mended from every page that is written by hand, and from no other', () => {
    for (const [path, source] of [['recipes/restore/', 'recipes/restore.mdx'], ['reference/decisions/', 'reference/decisions.mdx']]) {
      assert.ok(built(`${current}${path}index.html`).includes(`/edit/main/docs/content/${source}`), path);
    }
    for (const path of ['reference/errors/', 'reference/api/steps/', 'concepts/dictionary/']) assert.ok(!built(`${current}${path}index.html`).includes('/edit/main/'), path);
  });

  it('finds "snapshot"', async () => {
    await withPage({}, async (page) => {
      await page.goto(site.url(''));
      await page.locator('.navbar__search-input').click();
      await page.locator('.navbar__search-input').pressSequentially('snapshot');
      const hit = page.locator('[class*=suggestion]').first();
      await hit.waitFor();
      assert.match(await hit.innerText(), /snapshot/i);
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Enter');
      await page.waitForURL((url) => url.pathname !== base, { waitUntil: 'commit' });
      assert.match(await page.locator('main').innerText(), /snapshot/i);
    });
  });

  it('copies code', async () => {
    await withPage({ permissions: ['clipboard-read', 'clipboard-write'] }, async (page) => {
      await page.goto(site.url(`${current}recipes/deploy-with-migration/`));
      const block = page.locator('.theme-code-block').first();
      await block.hover();
      await block.locator('button[aria-label*="opy"]').first().click();
      const copied = await page.evaluate(() => navigator.clipboard.readText());
      // a line is a block of its own, with its break in it
      const lines = (text) => text.split('\n').map((line) => line.trimEnd()).filter((line) => line !== '');
      assert.deepEqual(lines(copied), lines(await block.locator('code').innerText()));
    });
  });

  it('leads from the anchors of the old pages to where the matter is told now', async () => {
    await withPage({}, async (page) => {
      for (const [old, places] of [['developer/architecture/devops/', 8], ['developer/how-to/deploy-core/', 1], ['developer/references/deployment/', 5]]) {
        const moved = [...built(`${old}index.html`).matchAll(/<li(?: id=([\w-]+))?><a href=([^\s>]+)>/g)];
        assert.equal(moved.length, places, old);
        for (const [, anchor = '', place] of moved) {
          await page.goto('about:blank');
          await page.goto(`${site.url(old)}#${anchor}`);
          await page.waitForURL(site.origin + place, { waitUntil: 'commit' });
        }
      }
    });
  });

  it('can be read without JavaScript', async () => {
    await withPage({ javaScriptEnabled: false }, async (page) => {
      for (const [name, text] of [['', 'snapshot-db'], [`${current}recipes/deploy-with-migration/`, 'deployWithMigration'], ['rehearse/', 'examples/quickstart.ts']]) {
        await page.goto(site.url(name));
        assert.ok((await page.locator('main').innerText()).includes(text), `${name} has ${text}`);
      }
    });
  });

  for (const [name, path] of Object.entries(templates)) {
    it(`fits the width of a phone, a tablet and a desk, and has no serious violation of accessibility in either theme: ${name}`, async () => {
      await withPage({ colorScheme: 'light' }, async (page) => {
        await page.goto(site.url(path));
        // what scrolls is known once the page is at work
        await page.locator('html[data-has-hydrated=true]').waitFor();
        for (const width of widths) {
          await page.setViewportSize({ width, height: 900 });
          assert.equal(await tooWide(page), 0, `px too wide for ${width}`);
        }
        assert.deepEqual(await seriousViolations(page), [], 'light');
        assert.deepEqual(await seriousViolationsInTheDark(page), [], 'dark');
      });
    });
  }
});

describe('llms.txt', () => {
  it('links to pages that exist, with a sentence about each', () => {
    const lines = built('llms.txt').split('\n').filter((line) => line.startsWith('- '));
    assert.ok(lines.length > 20);
    for (const line of lines) {
      const [, path, about] = /^- \[.+\]\(https:\/\/graasp\.github\.io\/graasp-deploy\/(\S*)\): (.+)$/.exec(line) ?? [];
      assert.ok(about !== undefined, line);
      assert.ok(built(`${path}index.html`).length > 0, line);
    }
  });

  it('has the code of every block', () => {
    const text = built('llms-full.txt');
    assert.ok(text.includes("from '@graasp/deploy'"));
    assert.doesNotMatch(text, /^\s*`{3,}.*file=/m);
    assert.doesNotMatch(text, /^(`{3,})\w+[^\n]*\n\1$/m);
  });
});
