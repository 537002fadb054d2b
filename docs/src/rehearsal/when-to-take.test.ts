import { describe, expect, it } from 'vitest';
import { type Command, spell } from './commands';
import { whenToTake } from './when-to-take';

const filling = { run: '20261123-080021-4esw', recipe: 'deployWithMigration', instance: 'shop', snapshot: 'shop-v1-55-0', version: 'v1.54.7' };
const offered = (...names: readonly Command['name'][]) => names.map((name) => ({ text: name, command: spell(name, filling) }));

describe('whenToTake', () => {
  it('puts the code before visitors, after a restore that has undone a migration', () => {
    const [rollBack, reopen] = whenToTake(offered('rollBack', 'reopen'), false);
    expect(rollBack).toMatch(/^First: /);
    expect(reopen).toMatch(/^Then, once the old code is back/);
  });

  it('says of a restore what is left to do after it', () => {
    expect(whenToTake(offered('restoreDb'), true)[0]).toMatch(/Afterwards: the old code, if the migration had succeeded, then visitors\. Both get buttons\.$/);
  });

  it.each(['resume', 'retryMigration', 'deploy'] as const)('says of %s that the cause has to end before', (way) => {
    expect(whenToTake(offered(way), true)[0]).toMatch(/^Not yet: the cause is still there/);
    expect(whenToTake(offered(way), false)[0]).toMatch(/^The way forward/);
  });

  it('has a sentence of its own for each way that is offered together', () => {
    for (const ways of [['retryMigration', 'restoreDb', 'releaseHold'], ['resume', 'rollBack', 'releaseHold'], ['resume', 'reopen', 'releaseHold']] as const) {
      const told = whenToTake(offered(...ways), false);
      expect(new Set(told).size).toBe(ways.length);
      expect(told).not.toContain('');
    }
  });
});
