import type { Checker } from '../checkers.js';

/** What answers visitors of each address when it answers at all. */
const servedBy: Readonly<Record<string, RegExp>> = { 'https://shop.test/': /^pages$/, 'https://shop.test/api/items': /^v\d/, 'https://office.shop.test/': /^(?!.)/ };

/**
 * A visitor is answered by what the address is for, or sent to maintenance: never by another service, whose rule is less specific. From a
 * migration until the first opening after it nobody is let in; nobody was opened to who has opened a rule by hand.
 */
export const visitorsGetWhereTheyWanted: Checker = {
  name: 'visitors get where they wanted',
  atEnd({ world: { cloud, events, foreignChanges } }) {
    const visits = cloud.inspect.visits.filter(({ headerNames }) => !headerNames.includes('x-shop-operator'));
    const astray = visits.filter(({ url, status, version }) => status === 200 && servedBy[url]?.test(version ?? '') === false);
    const opened = events.flatMap(({ at, ...event }) => (event.type === 'step-started' && /^gate-off/.test(event.step) ? [Date.parse(at)] : []));
    const migrations = foreignChanges.includes('opens-a-rule') ? [] : cloud.inspect.databases().flatMap(({ model }) => model?.appliedMigrations ?? []);
    const early = migrations.flatMap(({ at: migratedAt }) => {
      const openedAt = opened.find((at) => at > migratedAt) ?? Number.POSITIVE_INFINITY;
      return visits.filter(({ at, url, status }) => at >= migratedAt && at < openedAt && url.startsWith('https://shop.test') && status === 200);
    });
    const tell = (what: string) => (visit: (typeof visits)[number]) => `${new Date(visit.at).toISOString()}: a visitor of ${visit.url} ${what} ${visit.version ?? 'what has no version'}`;
    return [...astray.slice(0, 3).map(tell('was answered by')), ...early.slice(0, 3).map(tell('was let in before the gate was opened, by'))];
  },
};
