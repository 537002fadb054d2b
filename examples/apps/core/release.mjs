// Which code a version of the application runs: v1.54.8 fits only the schema before its migration, the later ones only the schema after.

/** @type {Record<string, () => Promise<typeof import('./releases/v1.54.8.mjs')>>} */
const releases = {
  'v1.54.8': () => import('./releases/v1.54.8.mjs'),
  'v1.55.0': () => import('./releases/v1.55.0.mjs'),
  'v1.56.0-rc1': () => import('./releases/v1.55.0.mjs'),
};

const UNDEFINED_COLUMN = '42703';
const UNDEFINED_TABLE = '42P01';
const IN_EVERY_SCHEMA = /"(member|item)"/;

/** @param {string} version */
export async function loadRelease(version) {
  const load = releases[version];
  if (load === undefined) throw new Error(`there is no code for version ${version}`);
  return load();
}

/**
 * Whether code has met a schema that it was not written for. A database that nothing has been migrated to yet is not one.
 * @param {unknown} error
 */
export function isSchemaMismatch(error) {
  if (!(error instanceof Error) || !('code' in error)) return false;
  return error.code === UNDEFINED_COLUMN || (error.code === UNDEFINED_TABLE && !IN_EVERY_SCHEMA.test(error.message));
}
