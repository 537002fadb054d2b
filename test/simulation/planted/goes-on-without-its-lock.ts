import { okAsync } from '@graasp/deploy';
import type { PlantedBug } from '../planted-bugs.js';

interface Written {
  readonly token: string;
  readonly expiresAt: string;
}

/** Takes a lock that has expired although its holder is at work and has only come to renew it late; and that one goes on as if it had it still. */
export const goesOnWithoutItsLock: PlantedBug = {
  name: 'goes on without its lock',
  foundBy: 'an error tells the truth',
  store(inner, clock) {
    const isLock = (key: string) => key.endsWith('/lock');
    const asWritten = (body: string) => JSON.parse(body) as Written;
    const stolen = new Set<string>();
    return {
      ...inner,
      create(key, body) {
        if (!isLock(key)) return inner.create(key, body);
        return inner.read(key).andThen((old) => {
          if (old === null || Date.parse(asWritten(old.body).expiresAt) > clock.now()) return inner.create(key, body);
          stolen.add(old.etag);
          return inner.replace(key, body, old.etag);
        });
      },
      replace(key, body, etag) {
        if (!isLock(key)) return inner.replace(key, body, etag);
        // too late, and taken for renewed
        return okAsync({ etag });
      },
      remove: (key, etag) => (isLock(key) && stolen.has(etag) ? okAsync(true) : inner.remove(key, etag)),
    };
  },
};
