import { describe, expect, it } from 'vitest';
import { testEnvironment } from '../environment/environment.fixture.js';
import { internals } from '../environment/environment.js';
import { commandOf, type WayOn, wayOnFromHold, wayOnFromLock } from './next-actions.js';

const env = testEnvironment();

const letGo = 'look at the environment and let go of it (release r1)';

describe('what to do about a run that died with the lock', () => {
  it.each<readonly [WayOn, string]>([
    ['resume', `Continue that run (resume r1), or ${letGo}.`],
    ['reopen', `Continue that run (resume r1), or ${letGo}.`],
    ['again', 'Look at the environment and let go of it (release r1), then call stopDb again.'],
  ])('continued by %s: in words', (continuedBy, expected) => {
    expect(wayOnFromLock(env, { run: 'r1', recipe: 'stopDb', continuedBy })).toBe(expected);
  });
});

describe('what to do about a run that left a hold', () => {
  const situation = { nextActions: [{ text: 'Run it again', command: 'again r1' }, { text: 'Bring the database back to snap', command: 'restore snap' }] };

  it.each<readonly [WayOn, string]>([
    ['resume', 'Go on from that run. Run it again (again r1); or: Bring the database back to snap (restore snap).'],
    ['reopen', 'Go on from that run. Run it again (again r1); or: Bring the database back to snap (restore snap).'],
    ['again', `Call stopDb again, or ${letGo}.`],
  ])('continued by %s: all that it names itself', (continuedBy, expected) => {
    expect(wayOnFromHold(env, { run: 'r1', recipe: 'stopDb', continuedBy, situation })).toBe(expected);
  });
});

it('is said of a hold that names nothing as of a run that died', () => {
  expect(wayOnFromHold(env, { run: 'r1', recipe: 'stopDb', continuedBy: 'resume', situation: { nextActions: [] } })).toBe(`Continue that run (resume r1), or ${letGo}.`);
});

describe('commandOf', () => {
  const spelled = (filling: Parameters<typeof commandOf>[2]) => {
    const commands = { ...env[internals].commands, deploy: '{environment} {run} {recipe} {instance} {snapshot} {version} {other} {run}' };
    return commandOf(testEnvironment({ internals: { commands } }), 'deploy', filling);
  };

  it('fills in every name wherever it stands, leaves others, and says what is missing', () => {
    expect(spelled({ run: 'r1', recipe: 'rollBack', restorePoint: 'snap', version: 'v1.0.0' })).toBe('dev r1 rollBack graasp-dev snap v1.0.0 {other} r1');
    expect(spelled({ run: 'r1' })).toBe('dev r1 recipe graasp-dev SNAPSHOT VERSION {other} r1');
  });

  it('fills in a name as it is, also one that a replacement would read otherwise', () => {
    expect(spelled({ run: '$&', version: '{run}' })).toBe('dev $& recipe graasp-dev SNAPSHOT {run} {other} $&');
  });
});
