import { listen, openSite } from '../test/site.mjs';

/** What a first visit costs: bytes over the wire (as served, not compressed), scripts, and the largest contentful paint in Chromium. `node scripts/measure.mjs` */
const site = await openSite();
for (const path of ['', 'recipes/deploy-with-migration/', 'rehearse/']) {
  const context = await site.browser.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  listen(page);
  const network = await context.newCDPSession(page);
  await network.send('Network.enable');
  const bytes = { all: 0, script: 0 };
  const types = new Map();
  network.on('Network.responseReceived', ({ requestId, type }) => types.set(requestId, type));
  network.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    bytes.all += encodedDataLength;
    if (types.get(requestId) === 'Script') bytes.script += encodedDataLength;
  });
  await page.goto(site.url(path), { waitUntil: 'networkidle' });
  const paint = await page.evaluate(() => new Promise((resolve) => new PerformanceObserver((list) => resolve(list.getEntries().at(-1).startTime)).observe({ type: 'largest-contentful-paint', buffered: true })));
  console.log(`/${path}: ${Math.round(bytes.all / 1000)} kB, of which ${Math.round(bytes.script / 1000)} kB in ${[...types.values()].filter((type) => type === 'Script').length} scripts; largest contentful paint after ${Math.round(paint)} ms`);
  await context.close();
}
await site.close();
