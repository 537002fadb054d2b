import { okAsync } from '@graasp/deploy';
import type { PlantedBug } from '../planted-bugs.js';

/** Finds anew what was there before a release when it is resumed: what it has put aside itself. */
export const forgetsTheBaseline: PlantedBug = {
  name: 'forgets the baseline after a resume',
  foundBy: 'what was put aside is back, or held',
  store(inner) {
    let resumes = false;
    return {
      ...inner,
      create(key, body) {
        if (key.endsWith('/baseline')) return inner.read(key).andThen((old) => (old === null ? inner.create(key, body) : inner.replace(key, body, old.etag)));
        if (!key.endsWith('/lock')) return inner.create(key, body);
        return inner.read(key.replace(/lock$/, `runs/${(JSON.parse(body) as { readonly run: string }).run}`)).andThen((journal) => {
          resumes = journal !== null;
          return inner.create(key, body);
        });
      },
      read: (key) => (key.endsWith('/baseline') && resumes ? okAsync(null) : inner.read(key)),
    };
  },
};
