import type { Checker, Seen } from '../checkers.js';
import type { FailedAttempt } from '../run-seed.js';

/**
 * What an error says of the schema, of the hold, of its restore point and of maintenance is so: `untouched` by the run
 * that failed, or by the one whose work is undone. `unknown` claims nothing, and while another process is at work, or somebody has opened a rule, what is seen may have changed since.
 */
export const errorTellsTheTruth: Checker = {
  name: 'an error tells the truth',
  async afterAttempt(seen) {
    const { error, call } = seen.last;
    if (error === null) return [];
    const lies = error.situation === undefined ? [] : await liesOf(seen, error);
    const dumb = ['Unexpected', 'Unknown'].includes(error.kind) ? [`is ${error.kind}: ${error.message}`] : [];
    return [...lies, ...dumb].map((lie) => `${call} ended in ${error.kind}, which ${lie}`);
  },
};

async function liesOf({ world, last }: Seen, { situation, runId }: FailedAttempt): Promise<readonly string[]> {
  const { cloud, foreignChanges } = world;
  const { schema, left, maintenance, restorePoint } = situation!;
  const now = cloud.inspect.database('shop')?.model?.schema;
  const hold = (await world.document('hold')) as { readonly run: string } | null;
  const open = cloud.inspect.rules().filter(({ priority, conditions }) => ['1', '2'].includes(priority) && !JSON.stringify(conditions).includes('http-header')).length;
  const gate = open === 0 ? 'on' : open === 2 ? 'off' : 'partly';
  const settled = last.alone && foreignChanges.length === 0 && world.choices.cloud.profile === 'demo';
  const before = /^a second/.test(last.call) ? last.schemaBefore : 'one';
  return [
    ...(schema === 'untouched' && before === 'one' && now === 'two' ? ['says that the schema is untouched, and it is migrated'] : []),
    ...(schema === 'migrated' && now === 'one' ? ['says that the schema is migrated, and it is not'] : []),
    ...(left === 'hold' && last.alone && hold?.run !== runId ? ['says that the environment is held, and it is not'] : []),
    ...(left !== 'hold' && hold !== null && hold.run === runId ? [`says ${left}, and its run holds the environment`] : []),
    ...(restorePoint !== undefined && !cloud.inspect.snapshots().some(({ identifier, status }) => identifier === restorePoint && status === 'available') ? [`names ${restorePoint}, from which nothing can be restored`] : []),
    ...(settled && maintenance !== 'unknown' && maintenance !== gate ? [`says maintenance ${maintenance}, and it is ${gate}`] : []),
  ];
}
