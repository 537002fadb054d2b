import { errAsync, okAsync } from 'neverthrow';
import { describe, expect, it } from 'vitest';
import { lookAtDatabases } from './look-at-databases.js';
import { quietLook } from './look.fixture.js';
import type { SqlError, SqlQuestion, SqlWay } from './sql-way.js';

const line = (changes: object = {}) => JSON.stringify({ ...quietLook, ...changes });

function way(answer: readonly string[] | SqlError, kind: SqlWay['kind'] = 'task') {
  const asked: SqlQuestion[] = [];
  const ask = (question: SqlQuestion) => {
    asked.push(question);
    return 'kind' in answer ? errAsync(answer) : okAsync(answer);
  };
  return { asked, way: { kind, told: 'by a task of sql', secondsBetweenLooks: 60, prepare: () => okAsync(undefined), ask } satisfies SqlWay };
}

const error = async (answer: Parameters<typeof way>[0], kind?: SqlWay['kind']) => (await lookAtDatabases(way(answer, kind).way, 'awaitDbSettled'))._unsafeUnwrapErr();

describe('lookAtDatabases', () => {
  it('answers with a look at each database, for which each has half a minute', async () => {
    const { way: by, asked } = way([line(), line({ database: 'umami' })]);
    expect((await lookAtDatabases(by, 'awaitDbSettled'))._unsafeUnwrap()).toEqual([quietLook, { ...quietLook, database: 'umami' }]);
    expect(asked).toMatchObject([{ operation: 'sql:SELECT', timeoutSeconds: 30 }]);
    expect(asked[0]!.text).toMatch(/'missed', NULL\)::text AS answer$/);
  });

  it('counts as missed what was not analyzed since a time of the database’s own, which is quoted', async () => {
    const { way: by, asked } = way([line()]);
    expect((await lookAtDatabases(by, 'awaitDbSettled', "o'clock")).isOk()).toBe(true);
    expect(asked[0]!.text).toContain("'missed', (SELECT count(*) FROM tables WHERE last_analyze IS NULL OR last_analyze < 'o''clock'::timestamptz))::text AS answer");
  });

  it('takes a look that took too long for one that was not answered, and leaves other errors as they are', async () => {
    expect(await error({ kind: 'TimedOut', waitingFor: 'x', lastSeen: '', timeoutSeconds: 30, message: 'not within 30 s', remedy: '' })).toEqual({
      kind: 'Unreachable',
      operation: 'sql:SELECT',
      message: 'not within 30 s',
      remedy: 'Look what keeps the database, or the task that asks it, from answering.',
    });
    expect(await error({ kind: 'Unexpected', operation: 'sql:SELECT', message: 'no', remedy: '' })).toMatchObject({ kind: 'Unexpected', message: 'no' });
  });

  it('shows what was answered instead, cut where it is long', async () => {
    const remedy = 'The statement is to be run as it is, and its one value printed on one line.';
    expect(await error([line(), 'ERROR'])).toEqual({ kind: 'Unexpected', operation: 'sql:SELECT', message: 'what was asked by a task of sql was not answered as asked: ERROR', remedy });
    expect((await error(['x'.repeat(201)])).message).toBe(`what was asked by a task of sql was not answered as asked: ${'x'.repeat(200)}…`);
    expect((await error(['x'.repeat(200)])).message).toBe(`what was asked by a task of sql was not answered as asked: ${'x'.repeat(200)}`);
  });

  it.each([
    ['connection', 'sqlConnection'],
    ['task', 'sqlTask'],
  ] as const)('refuses a %s to a replica', async (kind, part) => {
    expect(await error([line(), line({ standby: true })], kind)).toMatchObject({ kind: 'InvalidInput', problems: [`${part}: expected a way to the instance itself, got one to a replica, whose sessions and statistics are its own`] });
  });
});
