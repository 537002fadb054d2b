import { describe, expect, it } from 'vitest';
import { type Hold, liftHold, refuseWhileHeld, setHold } from './hold.js';
import { testEnvironment } from './testing/environment.js';

const hold: Hold = { run: 'r1', recipe: 'deploy', reason: 'it broke', since: 'today', continuedBy: 'resume', situation: { step: 's', state: 'db-only', maintenance: 'on', schema: 'unknown', left: 'hold', nextActions: [{ text: 'Go on', command: 'go on' }] } };

async function held(changes: Partial<Hold> = {}) {
  const given = testEnvironment();
  (await setHold(given.env, { ...hold, ...changes }))._unsafeUnwrap();
  return given;
}

describe('refuseWhileHeld', () => {
  it.each([
    ['it broke', 'it broke.'],
    ['it broke.', 'it broke.'],
    ['did it?', 'did it?'],
    ['no!', 'no!'],
  ])('says since when, by which run, why (%j) and what can be done', async (reason, told) => {
    const { env } = await held({ reason });
    expect((await refuseWhileHeld(env, () => false))._unsafeUnwrapErr()).toEqual({
      kind: 'Conflict',
      reason: 'hold',
      holder: 'r1',
      message: `dev is held since today by run r1 (deploy): ${told} Nothing was changed.`,
      remedy: 'Go on from that run. Go on (go on).',
    });
  });

  it('does not refuse what is excused, nor where nothing is held', async () => {
    const { env } = await held();
    expect((await refuseWhileHeld(env, ({ run }) => run === 'r1')).isOk()).toBe(true);
    expect((await refuseWhileHeld(testEnvironment().env, () => false)).isOk()).toBe(true);
  });
});

describe('liftHold', () => {
  it('lifts one that is to be lifted, and no other', async () => {
    const { env, store } = await held();
    (await liftHold(env, ({ run }) => run === 'r2'))._unsafeUnwrap();
    expect((await store.read('dev/hold'))._unsafeUnwrap()).not.toBeNull();
    (await liftHold(env, ({ run }) => run === 'r1'))._unsafeUnwrap();
    expect((await store.read('dev/hold'))._unsafeUnwrap()).toBeNull();
    expect((await liftHold(env, () => true)).isOk()).toBe(true);
  });
});
