import { type LocalCloud, startLocalCloud } from '@graasp/local-cloud';
import { seed } from '../apps/seed.js';
import { graaspBlueprint } from '../environments/graasp-blueprint.js';
import { graaspImages, mendedMigration, RUNNING_VERSION } from '../environments/graasp-images.js';
import type { Facts } from './facts.js';
import type { Progress } from './messages.js';
import { type Before, connectionTo, gatherFacts, lookBefore } from './gather-facts.js';
import { SCALE } from './scale.js';
import { visitedRoutes } from './visited-routes.js';
import { sendVisitors, type Visit } from './visitors.js';

/** How long visitors meet the old version before the release may begin, in milliseconds of the machine's time. */
const VISITED_BEFORE_MS = 1_500;

/** Which step of the release is to fail. The migration fails by itself, with a version whose migration is broken. */
export type Fault = 'migration' | 'snapshot' | 'deploy' | 'verify';

export interface RehearsalOptions {
  readonly fault: Fault | null;
  readonly version: string;
  readonly seed: number;
}

/** A Graasp-shaped environment that runs, with rows in its database and visitors who keep coming. */
export interface Rehearsal {
  readonly options: RehearsalOptions;
  readonly cloud: LocalCloud;
  /** Whether the cause of the failure that was asked for is still there. */
  readonly broken: boolean;
  /** Takes it away, as somebody would who has found it; answers what was done. */
  mend(): string;
  facts(): Promise<Facts>;
  stop(): Promise<void>;
}

/** Rejects when the cloud does not come up, and, once nothing is left of it, when `signal` is aborted. `tell` is given what is being done, for people, and where to watch. */
export async function startRehearsal(options: RehearsalOptions, tell: (message: Progress) => void, signal: AbortSignal): Promise<Rehearsal> {
  const blueprint = graaspBlueprint('dev');
  tell({ type: 'doing', doing: 'starting services, database and balancer' });
  const cloud = await startLocalCloud({ blueprint, images: graaspImages(RUNNING_VERSION, SCALE), hosts: 'real', clock: 'scaled', scale: SCALE, profile: 'demo', http: true, seed: options.seed });
  try {
    signal.throwIfAborted();
    if (cloud.pageUrl !== undefined) tell({ type: 'watchable', pageUrl: cloud.pageUrl });
    tell({ type: 'doing', doing: 'filling the database' });
    await seed(connectionTo(cloud, blueprint));
    signal.throwIfAborted();
    const before = await lookBefore(cloud, blueprint, () => cloud.clock.sleep(SCALE * 200));
    tell({ type: 'doing', doing: 'letting visitors come' });
    const rehearsal = withVisitors(cloud, before, options);
    await cloud.clock.sleep(SCALE * VISITED_BEFORE_MS, signal);
    return rehearsal;
  } catch (error) {
    await cloud.stop();
    throw error;
  }
}

function withVisitors(cloud: LocalCloud, before: Before, options: RehearsalOptions): Rehearsal {
  const { fault, version } = options;
  const blueprint = graaspBlueprint('dev');
  const home = new AbortController();
  const visits: Visit[] = [];
  const visiting = sendVisitors({
    fetch: cloud.connection.fetch,
    clock: cloud.clock,
    routes: visitedRoutes(blueprint),
    versions: { old: RUNNING_VERSION, new: version },
    maintenanceHost: maintenanceHost(),
    onVisit: (visit) => void visits.push(visit),
    signal: home.signal,
  });
  if (fault === 'snapshot') cloud.faults.add({ kind: 'snapshot', what: 'fail' });
  if (fault === 'deploy') cloud.faults.add({ kind: 'service-image', image: `core-${version}`, what: 'crash-loop' });
  let broken = fault !== null;
  return {
    options,
    cloud,
    get broken() {
      return broken;
    },
    mend() {
      broken = false;
      cloud.faults.clear();
      if (fault === 'migration') cloud.pushImage(mendedMigration());
      return fault === null ? '' : mended[fault];
    },
    facts: () => gatherFacts({ cloud, blueprint, before, visits, secondMs: SCALE * 1_000 }),
    async stop() {
      home.abort();
      await visiting;
      await cloud.stop();
    },
  };
}

const mended: Readonly<Record<Fault, string>> = {
  migration: 'a mended image of the migration was pushed, which wants no unique names',
  snapshot: 'snapshots can be taken again',
  deploy: 'the new version does not crash any more',
  verify: 'the check passes now',
};

function maintenanceHost(): string {
  const listener = graaspBlueprint('dev').loadBalancer.listeners.find(({ protocol }) => protocol === 'HTTPS');
  const action = listener?.defaultAction;
  if (action === undefined || !('redirect' in action) || action.redirect.host === undefined) throw new Error('The HTTPS listener redirects nowhere.');
  return action.redirect.host;
}
