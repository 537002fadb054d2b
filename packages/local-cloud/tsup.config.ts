import { defineConfig } from 'tsup';

export default defineConfig({
  entry: { index: 'src/index.ts', browser: 'src/browser.ts' },
  format: ['esm', 'cjs'],
  target: 'node20',
  // shared chunks, also in CJS: without them `import()` of our own modules would load every AWS client at the start
  splitting: true,
  treeshake: true,
  sourcemap: true,
  clean: true,
  dts: {
    compilerOptions: {
      // tsup 8 sets baseUrl for the declarations, which TypeScript 6 calls deprecated
      ignoreDeprecations: '6.0',
      stripInternal: true,
      // declarations must name the packages, not their sources
      paths: {},
    },
  },
});
