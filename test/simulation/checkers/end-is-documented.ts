import type { Checker } from '../checkers.js';
import { stateNow } from '../run-seed.js';

/** Once nobody is at work the environment is in a state that has a name, works, and is the one that the last report or error told. */
export const endIsDocumented: Checker = {
  name: 'the end is documented',
  async atEnd({ world, attempts, last }) {
    const { foreignChanges, choices } = world;
    if ((await world.document('hold')) !== null || (await world.document('lock')) !== null) return [];
    const now = await stateNow(world);
    if (now === null) return ['the state cannot be read'];
    if (foreignChanges.length > 0 || last.call.startsWith('releaseHold')) return [];
    const succeeded = last.ended === 'ok' && /^(deployWithMigration|resume|retryMigration)/.test(last.call) && attempts.every(({ call }) => !/^(restoreDb|rollBack|reopen|releaseHold)/.test(call));
    const wanted = choices.options.reopen === 'manual' ? 'restricted' : 'running';
    return [
      ...(now.state === 'mixed' ? [`the state is mixed: ${now.differences.join('; ')}`] : []),
      ...(succeeded && now.state !== wanted ? [`the release has succeeded, and the state is ${now.state}, not ${wanted}`] : []),
      ...(now.state === 'running' && !now.health.healthy ? [`it runs, and does not work: ${now.health.problems.join('; ')}`] : []),
    ];
  },
};
