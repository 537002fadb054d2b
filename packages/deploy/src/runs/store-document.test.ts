import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { memoryRunStore } from './memory-run-store.js';
import { putJson, readJson } from './store-document.js';
import { newRunId } from './journal.js';

describe('readJson', () => {
  const shape = v.looseObject({ run: v.string() });

  it.each([
    ['is no JSON', 'half of a doc'],
    ['is of another shape', '{ "run": 1 }'],
    ['is no object', '[]'],
    ['is null', 'null'],
  ])('says which document is not one: what %s', async (_, body) => {
    const store = memoryRunStore();
    await store.create('dev/lock', body);
    expect((await readJson<{ run: string }>(store, 'dev/lock', shape))._unsafeUnwrapErr()).toEqual({
      kind: 'RunStoreFailed',
      message: 'The run store (memory) holds something at dev/lock that is not a document of this library.',
      remedy: 'Look at it, and bring back what it was. See that no run is at work before you move it away: without it the next one starts beside that.',
      store: 'memory',
    });
  });

  it.each([
    ['hold', 'Without it a run starts although something was left to decide.'],
    ['baseline', 'Without it the next run takes what is closed or stopped now for what it has found.'],
    ['schema', 'Without it code is started that does not fit the schema.'],
    ['restored', 'Without it code is started that does not fit the schema.'],
    ['runs/r1', 'Move it away only if nobody needs what it said.'],
  ])('says what is forgotten with it: %s', async (name, forgotten) => {
    const store = memoryRunStore();
    await store.create(`dev/${name}`, '[]');
    expect((await readJson<{ run: string }>(store, `dev/${name}`, shape))._unsafeUnwrapErr().remedy).toBe(`Look at it, and bring back what it was. ${forgotten}`);
  });

  it('leaves what a newer version has added to a document in it', async () => {
    const store = memoryRunStore();
    await store.create('dev/lock', '{ "run": "r1", "news": 1 }');
    expect((await readJson<{ run: string }>(store, 'dev/lock', shape))._unsafeUnwrap()?.value).toEqual({ run: 'r1', news: 1 });
  });
});

describe('putJson', () => {
  it('does not write over what somebody else wrote at the same moment', async () => {
    const store = memoryRunStore();
    await store.create('dev/hold', '{}');
    const racing = { ...store, replace: () => store.replace('dev/hold', '{}', 'none') };
    expect((await putJson(racing, 'dev/hold', { a: 1 }))._unsafeUnwrapErr()).toEqual({
      kind: 'RunStoreFailed',
      message: 'The run store (memory) was written at dev/hold by somebody else at the same moment.',
      remedy: 'Find out who else works on this environment, then try again.',
      store: 'memory',
    });
    expect((await store.read('dev/hold'))._unsafeUnwrap()?.body).toBe('{}');
  });
});

describe('newRunId', () => {
  it('begins with its time, so that runs sort by age, and is fit for a snapshot identifier', () => {
    const at = (iso: string) => newRunId({ now: () => Date.parse(iso), random: () => 0.5 });
    expect(at('2026-11-23T23:17:44.123Z')).toBe('20261123-231744-i000');
    expect([at('2026-11-24T00:00:00Z'), at('2026-11-23T23:59:59Z')].sort()[0]).toBe('20261123-235959-i000');
    expect(newRunId({ now: () => 0, random: () => 0 })).toBe('19700101-000000-0000');
  });
});
