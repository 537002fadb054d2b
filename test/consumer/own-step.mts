import { ok, okAsync, type ResultAsync } from 'neverthrow';
import { defineRecipe, failure, ResultAsync as LibraryResultAsync, setMaintenance, snapshotDb, type Environment, type ErrorBase } from '@graasp/deploy';

/** A step of a user's own, written with the user's own neverthrow. A plan calls it too: then it posts nothing. */
export function announce(env: Environment, text: string, post: (message: string) => void): ResultAsync<{ announced: string }, ErrorBase<'NothingToAnnounce'>> {
  const announced = `${env.definition.name}: ${text}`;
  return okAsync(text).andThen((it) => {
    if (it === '') return failure('NothingToAnnounce', { message: 'There is nothing to announce.', remedy: 'Give a text.' });
    if (!env.planning) post(announced);
    return ok({ announced });
  });
}

/** Their own recipe: their step between two of the library's. */
export const announcedSnapshot = defineRecipe('announced-snapshot', async function* (run, options: { text: string }) {
  const { announced } = yield* run.step('announce', (env) => announce(env, options.text, (message) => console.log(message)));
  yield* run.step('close', (env) => setMaintenance(env, 'on'));
  const { restorePoint } = yield* run.step('snapshot', (env) => snapshotDb(env, { version: 'v1.0.0' }));
  yield* run.step('open', (env) => setMaintenance(env, 'off'));
  return ok({ announced, restorePoint });
});

const none = okAsync(1);
if (!(none instanceof LibraryResultAsync)) throw new Error('the library and its user have two copies of neverthrow');
