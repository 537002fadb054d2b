/** @type {Readonly<Record<string, string>>} */
const sources = {
  '@graasp/deploy': new URL('../../packages/deploy/src/index.ts', import.meta.url).href,
  '@graasp/local-cloud': new URL('../../packages/local-cloud/src/index.ts', import.meta.url).href,
};

/** @type {import('node:module').ResolveHook} */
export async function resolve(specifier, context, next) {
  return next(sources[specifier] ?? specifier, context);
}
