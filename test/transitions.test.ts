import type { defineEnvironment} from '@graasp/deploy';
import { connect, type DeployEvent, type Environment, memoryRunStore, planTransition, readState, transitionTo } from '@graasp/deploy';
import { type Blueprint, type LocalCloud, startLocalCloud } from '@graasp/local-cloud';
import { describe, expect, it } from 'vitest';
import { graaspBlueprint } from '../examples/environments/graasp-blueprint.js';
import { graaspDev, graaspProduction } from '../examples/environments/graasp-definition.js';
import { graaspImages } from '../examples/environments/graasp-images.js';
import { visitedRoutes } from '../examples/rehearsal/visited-routes.js';
import { sendVisitors, type Visit } from '../examples/rehearsal/visitors.js';
import { readResources, resourcesIn } from './infrastructure.js';

const header = { name: 'x-operator', value: 'only-on-this-machine' };
process.env['MAINTENANCE_HEADER_NAME'] = header.name;
process.env['MAINTENANCE_HEADER_SECRET'] = header.value;

const states = ['running', 'restricted', 'db-only', 'stopped'] as const;
/** Every state after every state, itself too: a De Bruijn sequence. */
const walk = [0, 0, 1, 0, 2, 0, 3, 1, 1, 2, 1, 3, 2, 2, 3, 3, 0].map((index) => states[index]!);

describe.each([
  ['dev', graaspDev, graaspBlueprint('dev')],
  ['production', graaspProduction, graaspBlueprint('production')],
] as const)('transitionTo in %s', (_name, definition, blueprint) => {
  it('takes every state to every state, as the infrastructure code has them, and no visitor meets an error', { timeout: 120_000 }, async () => {
    const expected = Object.fromEntries(await Promise.all(states.map(async (state) => [state, await resourcesIn(state, blueprint, graaspImages(), definition, header)] as const)));
    await using cloud = await startLocalCloud({ blueprint, images: graaspImages(), hosts: 'model', clock: 'virtual', seed: 1 });
    const { env, events } = await processOn(cloud, definition);
    const visitors = visit(cloud, blueprint);

    for (const [index, to] of walk.slice(1).entries()) {
      const from = walk[index]!;
      const planned = (await planTransition(env, to))._unsafeUnwrap();
      const before = events.length;
      const report = (await transitionTo(env, to))._unsafeUnwrap();

      expect({ from: planned.from, refusals: planned.refusals }).toEqual({ from, refusals: [] });
      expect(report).toMatchObject({ from, to });
      expect(changed(events.slice(before))).toEqual(expect.arrayContaining([...changesOf(planned.steps)]));
      expect(from === to ? changed(events.slice(before)) : []).toEqual([]);
      expect((await readState(env))._unsafeUnwrap()).toMatchObject({ state: to, hold: null, putAside: [], health: { problems: [] } });
      expect(await readResources(cloud, blueprint), `${from} -> ${to}`).toEqual(expected[to]);
    }

    expect(problemsOf(await visitors.leave())).toEqual([]);
    expect(cloud.inspect.violations).toEqual([]);
    expect(cloud.inspect.defects).toEqual([]);
  });
});

interface OnProcess {
  readonly env: Environment;
  readonly events: DeployEvent[];
}

async function processOn(cloud: LocalCloud, definition: Parameters<typeof defineEnvironment>[0]): Promise<OnProcess> {
  const events: DeployEvent[] = [];
  const env = (await connect(definition, { ...cloud.connection, runStore: memoryRunStore(), reporters: [{ report: (event) => void events.push(event) }] }))._unsafeUnwrap();
  return { env, events };
}

type Change = readonly [resource: string, to: string];

function changesOf(steps: readonly { readonly changes: readonly { readonly resource: string; readonly to: string }[] }[]): readonly Change[] {
  return steps.flatMap(({ changes }) => changes.map(({ resource, to }): Change => [resource, to]));
}

function changed(events: readonly DeployEvent[]): readonly Change[] {
  return events.flatMap((event) => (event.type === 'change' ? [[event.resource, event.to] as const] : []));
}

/** Somebody at every door, all the time. */
function visit(cloud: LocalCloud, blueprint: Blueprint): { leave(): Promise<readonly Visit[]> } {
  const home = new AbortController();
  const routes = visitedRoutes(blueprint).filter(({ method }) => method === 'GET');
  const listener = blueprint.loadBalancer.listeners.find(({ port }) => port === 443);
  const maintenanceHost = listener !== undefined && 'redirect' in listener.defaultAction ? (listener.defaultAction.redirect.host ?? '') : '';
  const visits = sendVisitors({ fetch: cloud.connection.fetch, clock: cloud.clock, routes, versions: { old: 'v1.54.8', new: 'v1.55.0' }, maintenanceHost, pauseMs: 20_000, signal: home.signal });
  return {
    leave() {
      home.abort();
      return visits;
    },
  };
}

/** Nobody meets an error; the apex's /api/* is the gap that preflight warns of. */
function problemsOf(visits: readonly Visit[]): readonly string[] {
  const wrong = visits.filter(({ kind, route }) => kind === 'error' || (kind === 'leak' && route.rule !== 'single-origin-core-rule'));
  return [...new Set(wrong.map(({ route, problem }) => `${route.host}${route.path}: ${problem}`))];
}

