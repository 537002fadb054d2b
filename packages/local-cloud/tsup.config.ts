import { defineConfig } from 'tsup';

export default defineConfig({
  entry: {
    index: 'src/index.ts',
    browser: 'src/browser.ts',
    // loaded on demand, under names that package.json can take out of a page's bundle
    'real-hosts': 'src/hosts/real-hosts.ts',
    'http-listener': 'src/wire/http-listener.ts',
  },
  format: ['esm', 'cjs'],
  target: 'node20',
  // shared chunks, also in CJS: without them `import()` of our own modules would load at the start what is meant for later
  splitting: true,
  treeshake: true,
  clean: true,
  removeNodeProtocol: false,
  dts: {
    entry: { index: 'src/index.ts', browser: 'src/browser.ts' },
    compilerOptions: {
      // tsup 8 sets baseUrl for the declarations, which TypeScript 6 calls deprecated
      ignoreDeprecations: '6.0',
      stripInternal: true,
      // declarations must name the packages, not their sources
      paths: {},
    },
  },
});
