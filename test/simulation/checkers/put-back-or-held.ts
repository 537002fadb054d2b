import type { Checker, Seen } from '../checkers.js';
import { staysClosed } from './end-is-documented.js';

/**
 * Whatever a release puts aside is exactly as it was found once it is over, or the environment is held, or what was let go of is told. Maintenance that is to stay on keeps the
 * rules closed; numbers of tasks that somebody has changed meanwhile are theirs.
 */
export const putBackOrHeld: Checker = {
  name: 'what was put aside is back, or held',
  async atEnd({ world, attempts, last }) {
    if ((await world.document('hold')) !== null || (await world.document('lock')) !== null) return [];
    const baseline = (await world.document('baseline')) as { readonly putAside: readonly string[] } | null;
    const now = await world.readFound();
    const away = Object.keys(world.found).filter((name) => JSON.stringify(now[name]) !== JSON.stringify(world.found[name]));
    const excused = excusesOf({ world, attempts, last }, baseline?.putAside ?? []);
    return away.filter((name) => !excused.some((excuse) => name.startsWith(excuse))).map((name) => `${name} is ${JSON.stringify(now[name])}, and was ${JSON.stringify(world.found[name])}`);
  },
};

/** What may be away: the gate where it is to stay closed, what the baseline says is away, and what others have changed. */
function excusesOf({ world, last }: Seen, putAside: readonly string[]): readonly string[] {
  const { foreignChanges, choices } = world;
  return [
    ...(staysClosed(choices) || putAside.includes('gate') || foreignChanges.includes('opens-a-rule') ? ['rule '] : []),
    ...(foreignChanges.includes('scales-web') ? ['tasks of web'] : []),
    ...(last.call.startsWith('releaseHold') ? putAside.flatMap((key) => awayBy(key)) : []),
  ];
}

function awayBy(key: string): readonly string[] {
  const [kind, name = ''] = key.split(':');
  if (kind === 'service') return [`tasks of ${name}`];
  if (kind === 'scaling') return [`scaling of service/shop/${name}`];
  if (kind === 'rollback') return [`what ECS may do with ${name}`];
  return kind === 'target-group' ? ['target group'] : [];
}
