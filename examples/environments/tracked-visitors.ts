import type { CloudConnection } from '@graasp/local-cloud';
import { localUmami } from './umami-model.js';

export interface TrackedVisitorsOptions {
  /** Where they are: `https://dev.graasp.org`. */
  readonly site: string;
  /** Where the pages' tracker tells of them: `https://umami.dev.graasp.org`. */
  readonly umami: string;
  /** One visitor each. */
  readonly browsers: readonly string[];
  /** Milliseconds of the cloud's clock from one page to the next; default 20,000. */
  readonly pauseMs?: number | undefined;
}

export interface TrackedVisitors {
  /** How many pages they have seen; maintenance is none. */
  readonly pages: number;
  /** Sends them home. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** Visitors who go from page to page. Umami is told of each page that they see, by the page itself; who is sent to maintenance sees none. */
export function trackedVisitors({ fetch, clock }: Pick<CloudConnection, 'fetch' | 'clock'>, { site, umami, browsers, pauseMs = 20_000 }: TrackedVisitorsOptions): TrackedVisitors {
  const home = new AbortController();
  let pages = 0;

  const visit = async (browser: string): Promise<void> => {
    const headers = { 'user-agent': browser };
    const { status } = await fetch(`${site}/`, { headers, redirect: 'manual' });
    if (status !== 200) return;
    pages += 1;
    const payload = { website: localUmami.websiteId, hostname: new URL(site).hostname, url: `/page-${pages}` };
    await fetch(`${umami}/api/send`, { method: 'POST', headers, body: JSON.stringify({ type: 'event', payload }) });
  };
  const keepVisiting = async (browser: string): Promise<void> => {
    while (!home.signal.aborted) {
      await visit(browser).catch(() => undefined);
      await clock.sleep(pauseMs, home.signal).catch(() => undefined);
    }
  };
  const visiting = Promise.all(browsers.map(keepVisiting));
  return {
    get pages() {
      return pages;
    },
    async [Symbol.asyncDispose]() {
      home.abort();
      await visiting;
    },
  };
}
