import { ok, okAsync } from 'neverthrow';
import { describe, expect, it } from 'vitest';
import { internals } from '../environment/environment.js';
import { defineRecipe } from './define-recipe.js';
import { plan } from './plan.js';
import { testEnvironment } from './testing/environment.js';

const documentOf = (key: string) => JSON.stringify({ key, run: 'r', attempts: [], steps: [], putBack: [], gate: {}, services: {}, targetGroups: {}, putAside: ['gate'] });

describe('plan', () => {
  it('lets steps read what is known of the environment and of earlier runs, and keeps nothing that they write', async () => {
    const { env, store } = testEnvironment();
    const keys = ['baseline', 'schema', 'restored', 'database', 'runs/20261101-1', 'runs/20261102-1'].map((key) => `dev/${key}`);
    for (const key of keys) await store.create(key, documentOf(key));
    await store.create('dev/hold', JSON.stringify({ run: 'r0', recipe: 'deploy', reason: 'it broke', since: 'today', situation: { nextActions: [] } }));
    const seen: unknown[] = [];
    const looking = defineRecipe('looking', async function* (run, _: object) {
      yield* run.step('look', (env) => {
        const { runStore } = env[internals];
        const read = async () => {
          for (const key of [...keys, 'dev/hold', 'dev/rehearsal']) seen.push((await runStore.read(key))._unsafeUnwrap()?.body ?? null);
          seen.push((await runStore.list('dev/runs/'))._unsafeUnwrap(), (await runStore.list('dev/sch'))._unsafeUnwrap());
          await runStore.create('dev/mine', 'x');
          seen.push((await runStore.list('dev/mine'))._unsafeUnwrap());
          return { ran: run.id };
        };
        return okAsync(undefined).map(read);
      });
      return ok(run.id);
    });
    const planned = (await plan(env, looking, {}))._unsafeUnwrap();
    const own = seen[8] as readonly string[];
    expect(seen).toEqual([...keys.map((key) => documentOf(key)), expect.stringContaining('it broke'), null, ['dev/runs/20261101-1', 'dev/runs/20261102-1', own[2]], ['dev/schema'], ['dev/mine']]);
    expect(planned.refusals).toEqual(['held since today by run r0 (deploy): it broke']);
    expect((await store.list('dev/'))._unsafeUnwrap()).toEqual([...keys, 'dev/hold'].sort());
  });

  it.each([
    ['baseline', '{ "putAside": "gate" }'],
    ['baseline', '{}'],
    ['baseline', 'null'],
    ['hold', '{ "run": "r0" }'],
    ['lock', '{ "run": "r0", "expiresAt": "2026-11-23T10:01:00Z" }'],
  ])('says that the %s is no document of this library, where somebody has written over it: %s', async (name, body) => {
    const { env, store } = testEnvironment();
    await store.create(`dev/${name}`, body);
    const empty = defineRecipe('empty', async function* (run, _: object) {
      return ok(run.id);
    });
    expect((await plan(env, empty, {}))._unsafeUnwrapErr()).toMatchObject({ kind: 'RunStoreFailed', message: `The run store (memory) holds something at dev/${name} that is not a document of this library.` });
  });

  it('takes a hold for no refusal of what is a way back from one', async () => {
    const { env, store } = testEnvironment();
    await store.create('dev/hold', JSON.stringify({ run: 'r0', recipe: 'deploy', reason: 'it broke', since: 'today', situation: { nextActions: [] } }));
    const back = defineRecipe('back', async function* (run, _: object) {
      yield* run.step('look', () => okAsync({}));
      return ok(null);
    }, { refusedByHold: false });
    expect((await plan(env, back, {}))._unsafeUnwrap()).toEqual({ recipe: 'back', environment: 'dev', steps: [{ name: 'look', changes: [] }], refusals: [], warnings: [] });
  });

  it('tells with each step how it would go about it, and each warning once', async () => {
    const { env, events } = testEnvironment();
    const noting = defineRecipe('noting', async function* (run, _: object) {
      yield* run.step('quiet', () => okAsync({}));
      yield* run.step('loud', (env) => {
        for (const message of ['first this', 'then that']) env.emit({ type: 'note', message });
        for (const message of ['careful', 'careful', 'very careful']) env.emit({ type: 'warning', message });
        return okAsync({});
      });
      return ok(null);
    });
    expect((await plan(env, noting, {}))._unsafeUnwrap()).toMatchObject({ steps: [{ name: 'quiet', changes: [] }, { name: 'loud', changes: [], notes: ['first this', 'then that'] }], warnings: ['careful', 'very careful'] });
    expect((await plan(env, noting, {}))._unsafeUnwrap().steps[0]).toEqual({ name: 'quiet', changes: [] });
    // nobody who watches runs is told of a plan
    expect(events).toEqual([]);
  });

  it('names every problem of the options, as a call of plan', async () => {
    const { env } = testEnvironment();
    const strict = defineRecipe('strict', async function* (run, _: { readonly n?: number }) {
      yield* run.step('look', () => okAsync({}));
      return ok(null);
    }, { validate: (definition, { n }) => (n === 1 ? [`n: no 1 on ${definition.name}`] : []) });
    expect((await plan(env, strict, { n: 1 }))._unsafeUnwrapErr()).toMatchObject({ kind: 'InvalidInput', message: 'plan was called with invalid input: n: no 1 on dev. Nothing was changed.', runId: '', situation: { step: '', left: 'untouched', nextActions: [] } });
    expect((await plan(env, strict, undefined as never))._unsafeUnwrapErr()).toMatchObject({ problems: ['options: expected an object, got nothing'] });
  });
});
