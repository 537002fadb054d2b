import type { Checker } from '../checkers.js';
import type { Choices } from '../choose.js';

/** Once nobody is at work the environment is in a state that has a name, works, and is the one that the last report or error told. */
export const endIsDocumented: Checker = {
  name: 'the end is documented',
  async atEnd({ world, attempts, last }) {
    const { foreignChanges, choices } = world;
    if ((await world.document('hold')) !== null || (await world.document('lock')) !== null) return [];
    const now = await world.readState();
    if (now === null) return ['the state cannot be read'];
    if (foreignChanges.length > 0 || last.call.startsWith('releaseHold')) return [];
    const succeeded = last.ended === 'ok' && attempts.every(({ call }, index) => index === 0 || !/^(restoreDb|rollBack|reopen|releaseHold)/.test(call));
    const wanted = staysClosed(choices) ? 'restricted' : 'running';
    return [
      ...(now.state === 'mixed' ? [`the state is mixed: ${now.differences.join('; ')}`] : []),
      ...(succeeded && now.state !== wanted ? [`the release has succeeded, and the state is ${now.state}, not ${wanted}`] : []),
      ...(now.state === 'running' && !now.health.healthy ? [`it runs, and does not work: ${now.health.problems.join('; ')}`] : []),
    ];
  },
};

/** Whether the release that a seed has chosen keeps visitors out at its end. */
export function staysClosed({ release, options }: Choices): boolean {
  return release.recipe === 'deployWithoutMigration' ? release.to === 'restricted' : release.recipe === 'deployWithMigration' && options.reopen === 'manual';
}
