import type { Commands, NextAction } from '@graasp/deploy';
import { readCommand } from './commands';

type Way = keyof Commands;

/** When to take each of these ways on, for somebody who sees them for the first time: the library tells what they do. */
export function whenToTake(actions: readonly NextAction[], causeIsThere: boolean): readonly string[] {
  const ways = actions.map(({ command }) => readCommand(command)?.name);
  return ways.map((way) => (way === undefined ? '' : sentence(way, { ways, causeIsThere })));
}

const forward = {
  resume: 'what was done is not done again',
  retryMigration: 'the migration runs once more, and then the rest',
  deploy: 'a new release, from its beginning',
};

interface Offer {
  readonly ways: readonly (Way | undefined)[];
  readonly causeIsThere: boolean;
}

function sentence(way: Way, { ways, causeIsThere }: Offer): string {
  const afterRestore = ways.includes('rollBack') && ways.includes('reopen');
  switch (way) {
    case 'resume':
    case 'retryMigration':
    case 'deploy':
      return causeIsThere ? 'Not yet: the cause is still there, and it would fail once more. End it first, above.' : `The way forward: ${forward[way]}.`;
    case 'restoreDb':
      return 'When it cannot be mended now. Nothing is deleted. Afterwards: the old code, if the migration had succeeded, then visitors. Both get buttons.';
    case 'rollBack':
      return afterRestore ? 'First: the code that came with the migration does not fit the schema that is back.' : 'When the old code is what you want back. It is refused where the schema has moved.';
    case 'reopen':
      return afterRestore ? 'Then, once the old code is back: before that it is refused.' : 'When the old version is good enough for now. Visitors come back with it.';
    case 'releaseHold':
      return 'When you want to go on by hand, or with another release. It changes nothing, and this run cannot be resumed after it.';
  }
}
