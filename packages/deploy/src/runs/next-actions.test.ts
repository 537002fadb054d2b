import { describe, expect, it } from 'vitest';
import { testEnvironment } from '../environment/environment.fixture.js';
import { internals } from '../environment/environment.js';
import { commandOf, type WayOn, wayOn } from './next-actions.js';

const env = testEnvironment();

describe('what to do about a run that left a hold, or died with the lock', () => {
  const letGo = 'look at the environment and let go of it (release r1)';

  it.each<readonly [WayOn, 'hold' | 'lock', string]>([
    ['resume', 'hold', `Continue that run (resume r1), or ${letGo}.`],
    ['resume', 'lock', `Continue that run (resume r1), or ${letGo}.`],
    ['reopen', 'hold', `Continue that run (reopen r1), or ${letGo}.`],
    ['reopen', 'lock', `Continue that run (resume r1), or ${letGo}.`],
    ['again', 'hold', `Call stopDb again, or ${letGo}.`],
    ['again', 'lock', 'Look at the environment and let go of it (release r1), then call stopDb again.'],
  ])('continued by %s, its %s: in words', (continuedBy, what, expected) => {
    expect(wayOn(env, { run: 'r1', recipe: 'stopDb', continuedBy }, what)).toBe(expected);
  });
});

describe('commandOf', () => {
  const spelled = (filling: Parameters<typeof commandOf>[2]) => {
    const commands = { ...env[internals].commands, deploy: '{environment} {run} {instance} {snapshot} {version} {other} {run}' };
    return commandOf(testEnvironment({ internals: { commands } }), 'deploy', filling);
  };

  it('fills in every name wherever it stands, leaves others, and says what is missing', () => {
    expect(spelled({ run: 'r1', restorePoint: 'snap', version: 'v1.0.0' })).toBe('dev r1 graasp-dev snap v1.0.0 {other} r1');
    expect(spelled({ run: 'r1' })).toBe('dev r1 graasp-dev SNAPSHOT VERSION {other} r1');
  });

  it('fills in a name as it is, also one that a replacement would read otherwise', () => {
    expect(spelled({ run: '$&', version: '{run}' })).toBe('dev $& graasp-dev SNAPSHOT {run} {other} $&');
  });
});
