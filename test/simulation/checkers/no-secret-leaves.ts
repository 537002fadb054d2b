import type { Checker } from '../checkers.js';
import { secrets } from '../world.js';

/** Neither the maintenance header's value nor the database's password is in an event, an error, a report or a document of the run store. */
export const noSecretLeaves: Checker = {
  name: 'no secret leaves',
  async atEnd({ world: { events, store }, attempts }) {
    const keys = (await store.list('')).unwrapOr([]);
    const documents = await Promise.all(keys.map(async (key) => [`document ${key}`, (await store.read(key)).unwrapOr(null)?.body ?? ''] as const));
    const told = [...events.map((event) => [`event ${event.type}`, JSON.stringify(event)] as const), ...attempts.map(({ call, report, error }) => [`what ${call} gave`, JSON.stringify([report, error])] as const), ...documents];
    return told.filter(([, text]) => secrets.some((secret) => text.includes(secret))).map(([what]) => `${what} holds a secret`);
  },
};
