import type { PlantedBug } from '../planted-bugs.js';

/** Takes a lock that has expired, although its holder may only be slow, and nobody has looked. */
export const stealsExpiredLocks: PlantedBug = {
  name: 'steals an expired lock',
  foundBy: 'one run at a time',
  store: (inner, { now }) => ({
    ...inner,
    create(key, body) {
      if (!key.endsWith('/lock')) return inner.create(key, body);
      return inner.read(key).andThen((old) => {
        const expiresAt = old === null ? Number.POSITIVE_INFINITY : Date.parse((JSON.parse(old.body) as { readonly expiresAt: string }).expiresAt);
        return old === null || expiresAt > now() ? inner.create(key, body) : inner.replace(key, body, old.etag);
      });
    },
  }),
};
