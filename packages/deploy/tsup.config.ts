import { defineConfig } from 'tsup';

export default defineConfig({
  entry: { index: 'src/index.ts', browser: 'src/browser.ts', durable: 'src/durable.ts', opentelemetry: 'src/opentelemetry.ts' },
  format: ['esm', 'cjs'],
  target: 'node20',
  // shared chunks, also in CJS: without them `import()` of our own modules would load at the start what is meant for later
  splitting: true,
  treeshake: true,
  clean: true,
  removeNodeProtocol: false,
  dts: {
    entry: { index: 'src/index.ts', browser: 'src/browser.ts', durable: 'src/durable.ts', opentelemetry: 'src/opentelemetry.ts' },
    compilerOptions: {
      // tsup 8 sets baseUrl for the declarations, which TypeScript 6 calls deprecated
      ignoreDeprecations: '6.0',
      stripInternal: true,
      // declarations must name the packages, not their sources
      paths: {},
    },
  },
});
