import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { listen, openSite, seriousViolations, seriousViolationsInTheDark, tooWide } from './site.mjs';

let site;
before(async () => {
  site = await openSite();
});
after(() => site.close());

/** A release takes seconds at this speed, and minutes on a machine that has much else to do. */
const fastest = '600×';
/** A step of minutes is there long enough to be paused in. */
const slower = '30×';
const patience = { timeout: 180_000 };

async function withPage(options, act) {
  const context = await site.browser.newContext({ viewport: { width: 1280, height: 900 }, reducedMotion: 'reduce', ...options });
  try {
    const page = await context.newPage();
    page.setDefaultTimeout(patience.timeout);
    await act(page);
  } finally {
    await context.close();
  }
}

async function withRehearsal(options, act) {
  await withPage(options, async (page) => {
    const problems = listen(page);
    await page.goto(site.url('rehearse/'));
    await act(page);
    assert.deepEqual(problems, []);
  });
}

async function start(page, faults = [], speed = fastest) {
  await page.getByRole('radio', { name: speed }).check();
  for (const fault of faults) await page.getByLabel(fault).check();
  await page.getByRole('button', { name: 'Start the release' }).click();
}

async function pauseIn(page, step) {
  await page.locator('[aria-current=step]', { hasText: step }).waitFor();
  await page.getByRole('button', { name: 'Pause' }).click();
  await page.getByText('time stands still').waitFor();
  await page.getByRole('radio', { name: fastest }).check();
}

async function fitsAndIsAccessible(page) {
  assert.equal(await tooWide(page), 0);
  assert.deepEqual(await seriousViolations(page), []);
}

const heading = (page, name) => page.getByRole('heading', { name }).waitFor();
const announced = (page) => page.getByRole('status').innerText();

describe('the rehearsal', { timeout: 900_000 }, () => {
  it('completes a release without a server: the schema has moved, visitors meet the new version, and nobody has met an error', async () => {
    await withRehearsal({}, async (page) => {
      const elsewhere = [];
      page.on('request', (request) => request.url().startsWith(site.origin) || elsewhere.push(request.url()));
      await start(page);
      await heading(page, 'v1.55.0 is released, and visitors are back');
      assert.match(await page.locator('[data-node=database]').innerText(), /schema 42/);
      assert.match(await page.locator('[data-node=visitors]').innerText(), /see v1\.55\.0/);
      assert.match(await page.locator('main').innerText(), /0\s+of [\d,]+ requests met an error/);
      assert.match(await announced(page), /^Done\. v1\.55\.0 is deployed/);
      assert.deepEqual(elsewhere.filter((url) => !url.startsWith('data:') && !url.startsWith('blob:')), []);
    });
  });

  it('brings what it runs with the first press of its button, and not before', async () => {
    await withPage({}, async (page) => {
      const scripts = [];
      page.on('response', (response) => response.url().endsWith('.js') && scripts.push(response.text()));
      const signing = async () => (await Promise.all(scripts)).filter((text) => text.includes('AWS4-HMAC-SHA256')).length;
      await page.goto(site.url('rehearse/'), { waitUntil: 'networkidle' });
      assert.ok(scripts.length > 0);
      assert.equal(await signing(), 0);
      await page.getByRole('button', { name: 'Start the release' }).click();
      await page.getByRole('button', { name: 'Pause' }).waitFor();
      assert.notEqual(await signing(), 0);
    });
  });

  it('says that it could not be loaded, takes no faults meanwhile, and is there with the next press', async () => {
    await withPage({}, async (page) => {
      await page.goto(site.url('rehearse/'), { waitUntil: 'networkidle' });
      let refuse;
      const refused = new Promise((resolve) => (refuse = resolve));
      await page.route('**/*.js', (route) => refused.then(() => route.abort()));
      await start(page);
      await page.getByRole('button', { name: 'Starting a cloud' }).waitFor();
      assert.ok(await page.getByLabel('The snapshot fails').isDisabled());
      refuse();
      await heading(page, 'The rehearsal could not be loaded');
      assert.match(await page.getByLabel('What happens now').innerText(), /ChunkLoadError/);
      await page.unroute('**/*.js');
      await start(page);
      await page.locator('[aria-current=step]').waitFor();
    });
  });

  it('shows why the migration failed, also on a phone, and its buttons lead back to the old version', async () => {
    await withRehearsal({ colorScheme: 'light', viewport: { width: 375, height: 740 } }, async (page) => {
      await start(page, ['The migration fails']);
      await heading(page, 'MigrationFailed in run-migration');
      await fitsAndIsAccessible(page);
      assert.deepEqual(await seriousViolationsInTheDark(page), []);
      assert.match(await page.getByRole('group', { name: 'Evidence' }).innerText(), /could not create unique index/);
      assert.match(await announced(page), /MigrationFailed in run-migration\. 3 things can be done/);
      await page.getByRole('button', { name: /^Bring the database back/ }).click();
      await heading(page, 'restoreDb is done');
      await page.getByRole('button', { name: /reopen\(/ }).click();
      await heading(page, 'Visitors are back, on v1.54.7');
      assert.match(await page.locator('[data-node=database]').innerText(), /schema 41/);
    });
  });

  it('stands still while it is paused, also on a tablet, and is resumed from another laptop when this one is closed', async () => {
    await withRehearsal({ colorScheme: 'dark', viewport: { width: 768, height: 740 } }, async (page) => {
      await start(page, [], slower);
      await pauseIn(page, 'await-drained');
      await fitsAndIsAccessible(page);
      await page.getByRole('radio', { name: slower }).check();
      await page.getByRole('button', { name: 'Go on' }).click();
      await page.getByText('time stands still').waitFor({ state: 'hidden' });
      await page.getByRole('button', { name: 'Close the laptop' }).click();
      await heading(page, 'The laptop is closed');
      await page.getByRole('radio', { name: fastest }).check();
      await page.getByRole('button', { name: /^Continue the run/ }).click();
      await heading(page, 'v1.55.0 is released, and visitors are back');
    });
  });

  it('can be worked by the keyboard alone', async () => {
    await withRehearsal({}, async (page) => {
      const tabTo = async (locator, key = 'Tab') => {
        for (let pressed = 0; pressed < 60; pressed += 1) {
          if (await locator.evaluate((element) => element === document.activeElement)) return;
          await page.keyboard.press(key);
        }
        assert.fail(`${locator} was not reached by ${key}`);
      };
      await tabTo(page.getByRole('link', { name: 'Skip to main content' }));
      await page.keyboard.press('Enter');
      await tabTo(page.getByRole('radio', { name: '30×' }));
      for (let pressed = 0; pressed < 3; pressed += 1) await page.keyboard.press('ArrowRight');
      assert.ok(await page.getByRole('radio', { name: fastest }).isChecked());
      await tabTo(page.getByLabel('The snapshot fails'));
      await page.keyboard.press('Space');
      await tabTo(page.getByRole('button', { name: 'Start the release' }), 'Shift+Tab');
      await page.keyboard.press('Enter');
      await heading(page, 'SnapshotFailed in snapshot-db');
      await tabTo(page.getByRole('button', { name: 'Let snapshots succeed again' }));
      await page.keyboard.press('Enter');
      await tabTo(page.getByRole('button', { name: /start the release again/ }));
      await page.keyboard.press('Enter');
      assert.equal(await page.evaluate(() => document.activeElement.getAttribute('aria-label')), 'What happens now');
      await page.locator('[aria-current=step]').waitFor();
    });
  });
});
