// #region step
import { awaitDrained, defineRecipe, type Environment, failure, ok, okAsync, ResultAsync, setMaintenance, verifyDeployment, waitUntil } from '@graasp/deploy';

/** What the shop's office says of the search index. */
interface Rebuilding {
  readonly status: 'running' | 'done' | 'failed';
  readonly indexed: number;
  readonly products: number;
}

/** `fetch` of the platform, or of a local cloud. */
type Fetch = typeof globalThis.fetch;

/** The office is for staff: it is reachable while visitors are kept out. */
const searchIndex = 'https://office.shop.test/search-index';

/**
 * Has the office rebuild the search index, and waits for that. Called again, it goes on with a rebuild that is under way.
 *
 * - OfficeSilent: the office does not answer, or not with what was expected.
 * - SearchNotRebuilt: it gave up; the old index is still in use.
 * - TimedOut, Aborted, Conflict: those of every wait.
 */
export function rebuildSearch(env: Environment, fetch: Fetch) {
  const { planning } = env;
  env.emit({ type: 'change', planned: planning, resource: 'search index', from: 'as it is', to: 'rebuilt', operation: `POST ${searchIndex}`, why: 'products have new fields' });
  if (planning) return okAsync({ indexed: 0, summary: 'the index would be rebuilt' });
  return ask(fetch, 'POST').andThen(() =>
    waitUntil(env, { waitingFor: 'the search index to be rebuilt', timeoutSeconds: 1800, intervalSeconds: 10, probe: () => ask(fetch, 'GET').map(judge) }),
  );
}

function judge({ status, indexed, products }: Rebuilding) {
  const seen = `${indexed} of ${products} products`;
  switch (status) {
    case 'running':
      return { status: 'pending', seen, progress: indexed / products } as const;
    case 'done':
      return { status: 'done', value: { indexed, summary: `${indexed} products are in the new index` } } as const;
    case 'failed': {
      const { error } = failure('SearchNotRebuilt', { message: `The office gave up on the search index after ${seen}; the old one is still in use.`, remedy: 'Read the log of the office, and start again.', indexed });
      return { status: 'failed', error } as const;
    }
  }
}

function ask(fetch: Fetch, method: 'GET' | 'POST') {
  const asked = fetch(searchIndex, { method }).then((answer) => answer.json() as Promise<Rebuilding>);
  return ResultAsync.fromPromise(asked, (cause) => failure('OfficeSilent', { message: `The office does not tell of the search index: ${String(cause)}`, remedy: 'Look at the office, and start again.' }).error);
}
// #endregion step

// #region recipe
/** Options are plain JSON: they are journalled. */
export interface RebuildBehindGateOptions {
  readonly reason: string;
}

/** What is no JSON (here a `fetch`) comes from outside: a resumed run is given it anew. */
export function rebuildBehindGate(fetch: Fetch) {
  return defineRecipe(
    'rebuildBehindGate',
    async function* (run, { reason }: RebuildBehindGateOptions) {
      const { provenAt } = yield* run.step('gate-on', (env) => setMaintenance(env, 'on'));
      yield* run.step('await-drained', (env) => awaitDrained(env, { provenAt }));
      const { indexed } = yield* run.step('rebuild-search', (env) => rebuildSearch(env, fetch));
      yield* run.step('verify-deployment', (env) => verifyDeployment(env));
      const { openedAt } = yield* run.step('gate-off', (env) => setMaintenance(env, 'off').map((gate) => ({ openedAt: gate.provenAt })));
      return ok({ indexed, openedAt, summary: `${indexed} products are in the new index (${reason}); visitors are let in` });
    },
    {
      steps: () => ['gate-on', 'await-drained', 'rebuild-search', 'verify-deployment', 'gate-off'],
      validate: (_, { reason }) => (typeof reason === 'string' && reason !== '' ? [] : ['reason: expected why the index is rebuilt']),
      failureTable: [
        { step: 'gate-on', does: 'undone', leaves: 'as found' },
        { step: 'await-drained', does: 'reopen', leaves: 'as found' },
        { step: 'rebuild-search', does: 'reopen', leaves: 'as found, with the old index' },
        { step: 'verify-deployment', does: 'hold', leaves: 'hold in restricted' },
        { step: 'gate-off', does: 'close-and-hold', leaves: 'hold in restricted' },
      ],
    },
  );
}
// #endregion recipe
