import { describe, expect, it } from 'vitest';
import { definition } from '../environment/environment.fixture.js';
import { judgeState, type Configuration, type GateState } from './judge-state.js';

const gates = {
  on: { maintenance: 'on', closed: ['rule 1', 'rule 7'], open: [] },
  off: { maintenance: 'off', closed: [], open: ['rule 1', 'rule 7'] },
  partly: { maintenance: 'partly', closed: ['rule 7'], open: ['rule 1'] },
} satisfies Record<string, GateState>;

interface Counts {
  readonly graasp: number;
  readonly redis: number;
  readonly admin: number;
}

function judge(gate: keyof typeof gates, { graasp, redis, admin }: Counts, databaseStatus = 'available', putAside: readonly string[] = []) {
  const service = (desired: number) => ({ desired, running: desired, taskDefinition: 'x', deploying: false, failed: false });
  const configuration: Configuration = { definition, gate: gates[gate], services: { graasp: service(graasp), redis: service(redis), admin: service(admin) }, databaseStatus, putAside };
  return judgeState(configuration);
}

describe('judgeState', () => {
  it.each([
    ['running', 'off', { graasp: 1, redis: 1, admin: 1 }, 'available'],
    ['running', 'off', { graasp: 8, redis: 1, admin: 1 }, 'backing-up'],
    ['restricted', 'on', { graasp: 1, redis: 1, admin: 1 }, 'storage-optimization'],
    ['db-only', 'on', { graasp: 0, redis: 0, admin: 1 }, 'available'],
    ['stopped', 'on', { graasp: 0, redis: 0, admin: 0 }, 'stopped'],
  ] as const)('is %s with maintenance %s, %j and a database that is %s', (state, gate, counts, database) => {
    expect(judge(gate, counts, database)).toEqual({ state, nearest: state, differences: [] });
  });

  it('tells what a mixed environment differs by from the nearest state', () => {
    expect(judge('partly', { graasp: 1, redis: 1, admin: 1 })).toEqual({ state: 'mixed', nearest: 'running', differences: ['rule 7: closed -> open'] });
    expect(judge('on', { graasp: 1, redis: 0, admin: 1 })).toEqual({ state: 'mixed', nearest: 'restricted', differences: ['service redis: desired count 0 -> 1'] });
    expect(judge('on', { graasp: 0, redis: 0, admin: 0 })).toEqual({ state: 'mixed', nearest: 'db-only', differences: ['service admin: desired count 0 -> 1'] });
    expect(judge('on', { graasp: 0, redis: 0, admin: 0 }, 'starting')).toMatchObject({ state: 'mixed', nearest: 'stopped', differences: ['database: starting -> stopped'] });
  });

  it('is db-only while a run has put administration aside', () => {
    expect(judge('on', { graasp: 0, redis: 0, admin: 0 }, 'available', ['service:admin'])).toEqual({ state: 'db-only', nearest: 'db-only', differences: [] });
  });

  it('is not restricted because a run has put the application aside', () => {
    expect(judge('on', { graasp: 0, redis: 0, admin: 1 }, 'available', ['service:graasp', 'service:redis']).state).toBe('db-only');
  });
});
