import { existsSync } from 'node:fs';
import { register } from 'node:module';
import { fileURLToPath } from 'node:url';

/**
 * Lets the examples run from any directory. In this repository `@graasp/deploy` and `@graasp/local-cloud` are their sources, which tsx finds by
 * the `tsconfig.json` of the directory in which it is called; elsewhere they are told here, to this process and to the one that it starts.
 */
export function useSources(): void {
  const config = fileURLToPath(new URL('../../tsconfig.json', import.meta.url));
  // where the packages are installed, there are no sources
  if (!existsSync(config)) return;
  process.env['TSX_TSCONFIG_PATH'] ??= config;
  register('./source-hooks.mjs', import.meta.url);
}
