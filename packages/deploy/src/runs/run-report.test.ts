import { errAsync, ok, okAsync } from 'neverthrow';
import { describe, expect, it } from 'vitest';
import { renderRunHtml } from '../reports/render-run-html.js';
import { waitUntil } from '../wait.js';
import { defineRecipe } from './define-recipe.js';
import { releaseHold } from './release-hold.js';
import { resume } from './resume.js';
import { runReport, type RunReport } from './run-report.js';
import { changing, testEnvironment } from './testing/environment.js';

let broken = false;
const began = Date.parse('2026-11-23T23:00:00Z');
const at = (seconds: number) => new Date(began + seconds * 1000).toISOString();

/** Closes, waits for a minute, fails while it is broken, and opens. */
const release = defineRecipe('release', async function* (run, { version }: { readonly version: string; readonly again?: boolean }) {
  yield* run.step('gate-on', (env) => changing({ maintenance: 'on', provenAt: new Date(env.clock.now()).toISOString(), rulesChanged: ['rule 1'] })(env));
  yield* run.step('await-drained', (env) => {
    let looks = 0;
    return waitUntil(env, { waitingFor: 'visitors to leave', timeoutSeconds: 600, intervalSeconds: 60, probe: () => okAsync((looks += 1) === 1 ? { status: 'pending' as const, seen: '3 visitors' } : { status: 'done' as const, value: { summary: 'nobody is there' } }) });
  });
  yield* run.step('deploy', (env) => (broken ? errAsync({ kind: 'Broken', message: 'it does not start', remedy: 'Mend it.' }) : changing({ version, services: { web: { taskDefinition: 'web:2' } } })(env)));
  yield* run.step('gate-off', (env) => okAsync({ maintenance: 'off' as const, provenAt: new Date(env.clock.now()).toISOString() }));
  return ok({ summary: `${version} is there` });
});

async function released(isBroken: boolean) {
  broken = isBroken;
  const process = testEnvironment();
  const result = await release(process.env, { version: 'v2' });
  broken = false;
  return { ...process, result, run: process.events[0]!.runId! };
}

describe('runReport', () => {
  it('tells steps, waits with their times, versions and how long visitors were kept out', async () => {
    const { env, run } = await released(false);
    const report = (await runReport(env, run))._unsafeUnwrap();
    const [, drained] = report.steps;
    const lasted = drained!.waits[0]!.seconds;
    expect(lasted).toBeGreaterThanOrEqual(54);
    expect(report).toMatchObject({
      run,
      recipe: 'release',
      environment: 'dev',
      options: { version: 'v2' },
      outcome: 'succeeded',
      summary: 'v2 is there',
      startedAt: at(0),
      endedAt: at(lasted),
      seconds: lasted,
      attempts: [{ at: at(0), actor: 'anna@laptop' }],
      window: { closedAt: at(0), openedAt: at(lasted), seconds: lasted },
      versions: { before: {}, deployed: 'v2', migrated: null },
      restorePoint: null,
      failure: null,
      situation: null,
      hold: null,
      released: null,
      nextActions: [],
    });
    expect(report.steps.map(({ name, status, changed, summary, startedAt, endedAt }) => [name, status, changed, summary, startedAt, endedAt])).toEqual([
      ['gate-on', 'done', true, '', at(0), at(0)],
      ['await-drained', 'done', false, 'nobody is there', at(0), at(lasted)],
      ['deploy', 'done', true, '', at(lasted), at(lasted)],
      ['gate-off', 'done', false, '', at(lasted), at(lasted)],
    ]);
    expect(drained!.waits).toEqual([{ waitingFor: 'visitors to leave', seconds: lasted, startedAt: at(0), endedAt: at(lasted) }]);
  });

  it('tells what failed, the hold that it has left, that visitors are still kept out, and what can be done next', async () => {
    const { env, run } = await released(true);
    const report = (await runReport(env, run))._unsafeUnwrap();
    expect(report).toMatchObject({
      outcome: 'failed',
      window: { openedAt: null, seconds: null },
      failure: { step: 'deploy', kind: 'Broken', message: 'it does not start', remedy: 'Mend it.', lastLines: [], databaseErrors: [] },
      situation: { left: 'hold', step: 'deploy' },
      hold: { since: report.endedAt, reason: 'deploy failed: it does not start' },
    });
    expect(report.nextActions.map(({ command }) => command)).toContain(`release --resume ${run}`);
    expect(report.steps.at(-1)).toMatchObject({ name: 'deploy', status: 'failed', summary: 'it does not start' });
  });

  it('tells who continued it, with which options, and what had failed before', async () => {
    const { env, clock, run } = await released(true);
    await clock.advance(3600);
    (await resume(env, release, run, { again: true }))._unsafeUnwrap();
    const report = (await runReport(env, run))._unsafeUnwrap();
    expect(report).toMatchObject({ outcome: 'succeeded', hold: null, failure: { step: 'deploy' }, nextActions: [] });
    expect(report.attempts).toEqual([{ at: at(0), actor: 'anna@laptop' }, { at: report.attempts[1]!.at, actor: 'anna@laptop', changedOptions: { again: true } }]);
    expect(report.seconds).toBeGreaterThanOrEqual(3600);
    const tries = report.steps.filter(({ name }) => name === 'deploy');
    expect(tries).toMatchObject([
      { status: 'failed', summary: 'it does not start', seconds: 0, changed: false },
      { status: 'done', summary: '', startedAt: report.attempts[1]!.at },
    ]);
    expect(tries[0]!.endedAt).toBe(tries[0]!.startedAt);
    expect(Date.parse(tries[1]!.startedAt) - Date.parse(tries[0]!.startedAt)).toBeGreaterThanOrEqual(3600_000);
  });

  it('tells each attempt at a step with the waits in it, and leaves no hole', async () => {
    const { env, events, clock } = testEnvironment();
    let attempts = 0;
    const patient = defineRecipe('patient', async function* (run, _: object) {
      yield* run.step('migrate', (stepEnv) => {
        const attempt = (attempts += 1);
        let looks = 0;
        return waitUntil(stepEnv, { waitingFor: `attempt ${attempt}`, timeoutSeconds: 600, intervalSeconds: 60, probe: () => okAsync((looks += 1) === 1 ? { status: 'pending' as const, seen: '' } : { status: 'done' as const, value: {} }) }).andThen(() =>
          changing({})(stepEnv).andThen(() => (attempt === 1 ? errAsync({ kind: 'Broken', message: 'no', remedy: '', lastLines: ['no such column', 7], databaseErrors: 'none' }) : ok({}))),
        );
      });
      return ok(null);
    });
    await patient(env, {});
    const run = events[0]!.runId!;
    expect((await runReport(env, run))._unsafeUnwrap().failure).toMatchObject({ lastLines: ['no such column'], databaseErrors: [] });
    await clock.advance(600);
    (await resume(env, patient, run))._unsafeUnwrap();
    const { steps } = (await runReport(env, run))._unsafeUnwrap();
    expect(steps.map(({ name, status, waits }) => [name, status, waits.map(({ waitingFor }) => waitingFor)])).toEqual([
      ['migrate', 'failed', ['attempt 1']],
      ['migrate', 'done', ['attempt 2']],
    ]);
    for (const { startedAt, endedAt, waits } of steps) expect([waits[0]!.startedAt, waits[0]!.endedAt]).toEqual([startedAt, endedAt]);
  });

  it('tells who let go of it, and names nothing to be done with it any more', async () => {
    const { env, run } = await released(true);
    (await releaseHold(env, { run, reason: 'looked at it' }))._unsafeUnwrap();
    const report = (await runReport(env, run))._unsafeUnwrap();
    expect(report).toMatchObject({ outcome: 'failed', hold: null, nextActions: [], released: { actor: 'anna@laptop', reason: 'looked at it' } });
  });

  it('tells a run that is at work as far as it is, and what continues it should its process be dead', async () => {
    const { env, events } = testEnvironment();
    let seen: RunReport | null = null;
    const curious = defineRecipe('curious', async function* (run, _: object) {
      yield* run.step('first', changing({}));
      yield* run.step('second', (stepEnv) => runReport(stepEnv, run.id).map((report) => void (seen = report)).map(() => ({})));
      return ok(null);
    });
    (await curious(env, {}))._unsafeUnwrap();
    expect(seen).toMatchObject({
      outcome: 'not-ended',
      endedAt: null,
      seconds: null,
      steps: [{ name: 'first', status: 'done' }, { name: 'second', status: 'open', endedAt: null, seconds: null }],
      nextActions: [{ text: 'If its process is dead, continue the run', command: `release --resume ${events[0]!.runId}` }],
    });
  });

  it('takes for a time of the gate only what is one, whatever a step of somebody else reports, so that it can be drawn', async () => {
    const { env, events } = testEnvironment();
    const own = defineRecipe('own', async function* (run, _: object) {
      yield* run.step('shut', changing({ maintenance: 'on', provenAt: 'soon', rulesChanged: ['the door'] }));
      yield* run.step('unlock', changing({ maintenance: 'off', provenAt: 'later' }));
      return ok(null);
    });
    (await own(env, {}))._unsafeUnwrap();
    const report = (await runReport(env, events[0]!.runId!))._unsafeUnwrap();
    expect(report.window).toBeNull();
    expect(renderRunHtml(report)).toContain('shut');
  });

  it('names the last runs when there is none of that name', async () => {
    const { env, run } = await released(false);
    expect((await runReport(env, 'other'))._unsafeUnwrapErr()).toMatchObject({ kind: 'InvalidInput', problems: [`runId: no run other of dev in memory; the last are ${run}`] });
  });

  it('wants an environment, and to know which run', async () => {
    for (const run of ['', undefined]) expect((await runReport({} as never, run as never))._unsafeUnwrapErr()).toMatchObject({ kind: 'InvalidInput', problems: ['env: expected an environment from connect(), got object', 'runId: expected the identifier of a run'] });
  });

  const almost = (more: object) => JSON.stringify({ format: 1, startedAt: at(0), attempts: [], steps: [], putBack: [], ...more });

  it.each(['{}', 'null', 'no JSON', almost({ format: 2 }), almost({ startedAt: 'soon' }), almost({ steps: [{ name: 'a' }] }), almost({ attempts: [{ at: at(0) }] }), almost({ steps: 1 }), almost({ steps: [{ name: 'a', startedAt: at(0), waits: [], earlier: [{}] }] }), almost({ steps: [null] }), almost({ outcome: { status: 'succeeded', at: 'soon', report: null } }), almost({ released: { at: 'soon', by: { actor: 'anna' }, reason: '' } })])('is RunStoreFailed where what is there is no journal: %s', async (body) => {
    const { env, store } = testEnvironment();
    (await store.create('dev/runs/r1', body))._unsafeUnwrap();
    expect((await runReport(env, 'r1'))._unsafeUnwrapErr()).toMatchObject({ kind: 'RunStoreFailed', message: 'The run store (memory) holds something at dev/runs/r1 that is not a document of this library.' });
  });

  it('hides a secret that a journal should hold all the same', async () => {
    const { env, store, run } = await released(false);
    const key = `dev/runs/${run}`;
    const { body, etag } = (await store.read(key))._unsafeUnwrap()!;
    (await store.replace(key, body.replace('nobody is there', 'open-sesame opens'), etag))._unsafeUnwrap();
    expect(JSON.stringify((await runReport(env, run))._unsafeUnwrap())).not.toContain('open-sesame');
  });

  const times = (seconds: number) => ({ startedAt: at(seconds) });
  const journal = {
    format: 1,
    run: 'r1',
    recipe: 'release',
    environment: 'dev',
    library: '0.0.0',
    options: { version: 'v2' },
    startedAt: at(0),
    attempts: [{ at: at(0), by: { actor: 'anna' } }],
    steps: [
      { name: 'look', ...times(0), status: 'done', seconds: 1.5, changed: false, records: {}, waits: [{ waitingFor: 'rain', seconds: 1 }], report: { summary: 'looked' } },
      { name: 'stop', ...times(2), status: 'failed', seconds: 3, changed: true, records: { restorePoint: { snapshotId: 'snap' } }, waits: [], error: { kind: 'Broken', message: 'no', remedy: 'yes' } },
    ],
    putBack: [{ name: 'gate-off', ...times(6), status: 'open', changed: false, records: {}, waits: [] }],
    failure: { step: 'stop', does: 'reopen', error: { kind: 'Broken', message: 'no', remedy: 'yes', lastLines: ['a', 1, 'b'], databaseErrors: ['c'] } },
  };
  const situation = { step: 'stop', state: 'mixed', maintenance: 'on', schema: 'untouched', left: 'hold', nextActions: [{ text: 'Go on', command: 'go on' }] };
  const told = async (more: object) => {
    const { env, store } = testEnvironment();
    (await store.create('dev/runs/r1', JSON.stringify({ ...journal, ...more })))._unsafeUnwrap();
    return (await runReport(env, 'r1'))._unsafeUnwrap();
  };
  const report = {
    run: 'r1',
    recipe: 'release',
    environment: 'dev',
    library: '0.0.0',
    options: { version: 'v2' },
    outcome: 'failed',
    summary: '',
    startedAt: at(0),
    endedAt: at(10),
    seconds: 10,
    attempts: [{ at: at(0), actor: 'anna' }],
    steps: [
      { name: 'look', puttingBack: false, status: 'done', startedAt: at(0), endedAt: at(1.5), seconds: 1.5, changed: false, summary: 'looked', waits: [{ waitingFor: 'rain', seconds: 1, startedAt: null, endedAt: null }] },
      { name: 'stop', puttingBack: false, status: 'failed', startedAt: at(2), endedAt: at(5), seconds: 3, changed: true, summary: 'no', waits: [] },
      { name: 'gate-off', puttingBack: true, status: 'open', startedAt: at(6), endedAt: null, seconds: null, changed: false, summary: '', waits: [] },
    ],
    window: null,
    versions: { before: {}, deployed: null, migrated: null },
    restorePoint: 'snap',
    failure: { step: 'stop', kind: 'Broken', message: 'no', remedy: 'yes', lastLines: ['a', 'b'], databaseErrors: ['c'] },
    situation,
    hold: { since: at(10), reason: 'stop failed: no' },
    released: null,
    nextActions: situation.nextActions,
  };
  const failed = { outcome: { status: 'failed', at: at(10), situation } };

  it('tells all that a journal says, also one of before the ends of waits were noted', async () => {
    expect(await told(failed)).toEqual(report);
  });

  it('tells of one that was let go of, and of one that was left as it was found, that there is nothing to be done', async () => {
    expect(await told({ ...failed, released: { at: at(20), by: { actor: 'ben' }, reason: 'done by hand' } })).toEqual({ ...report, hold: null, released: { at: at(20), actor: 'ben', reason: 'done by hand' }, nextActions: [] });
    const asFound = { ...situation, left: 'as-found', nextActions: [] };
    expect(await told({ outcome: { ...failed.outcome, situation: asFound } })).toEqual({ ...report, situation: asFound, hold: null, nextActions: [] });
  });

  it('has no time below nothing where the clock was set back', async () => {
    expect(await told({ outcome: { ...failed.outcome, at: new Date(began - 60_000).toISOString() } })).toMatchObject({ seconds: 0 });
  });

  it('takes what can be done next from the report of one that has succeeded', async () => {
    const done = { summary: 'done', nextActions: [{ text: 'Open', command: 'open' }] };
    expect(await told({ failure: undefined, outcome: { status: 'succeeded', at: at(10), report: done } })).toMatchObject({ outcome: 'succeeded', summary: 'done', failure: null, situation: null, hold: null, nextActions: [{ text: 'Open', command: 'open' }] });
  });

  it('names no resuming of a step that was called by itself and has not ended', async () => {
    expect((await told({ recipe: 'stop', failure: undefined })).nextActions).toEqual([]);
    expect((await told({ failure: undefined })).nextActions).toEqual([{ text: 'If its process is dead, continue the run', command: 'release --resume r1' }]);
  });

  it('puts a wait into the attempt in which it ended', async () => {
    const earlier = [{ startedAt: at(10), status: 'failed', seconds: 5, changed: false, error: { kind: 'B', message: 'first', remedy: '' } }];
    const waits = [9, 10, 15, 19.999, 20, 25].map((end) => ({ waitingFor: String(end), seconds: 1, endedAt: at(end) }));
    const { steps } = await told({ steps: [{ name: 'stop', ...times(20), status: 'done', seconds: 6, changed: false, records: {}, waits, earlier, report: { summary: 'second' } }] });
    expect(steps.slice(0, 2).map(({ summary, waits }) => [summary, waits.map(({ waitingFor }) => waitingFor)])).toEqual([
      ['first', ['9', '10', '15', '19.999']],
      ['second', ['20', '25']],
    ]);
  });
});
