import type { PlantedBug } from '../planted-bugs.js';

/** Has read once what a migration has made of the schema, and believes that for good. */
export const believesStaleReads: PlantedBug = {
  name: 'believes a stale read',
  foundBy: 'an error tells the truth',
  store(inner) {
    const first = new Map<string, ReturnType<typeof inner.read>>();
    return {
      ...inner,
      read(key) {
        if (!key.endsWith('/schema')) return inner.read(key);
        const believed = first.get(key) ?? inner.read(key);
        first.set(key, believed);
        return believed;
      },
    };
  },
};
