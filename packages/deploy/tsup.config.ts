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
  // bundled from those that the compiler has just written (`tsc -p tsconfig.build.json`): from the sources tsup takes three times as long
  dts: {
    entry: { index: 'build/index.d.ts', browser: 'build/browser.d.ts', durable: 'build/durable.d.ts', opentelemetry: 'build/opentelemetry.d.ts' },
    compilerOptions: {
      // tsup 8 sets baseUrl for the declarations, which TypeScript 6 calls deprecated
      ignoreDeprecations: '6.0',
      // declarations must name the packages, not their sources
      paths: {},
    },
  },
});
