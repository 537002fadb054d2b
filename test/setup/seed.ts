/** `SEED=1234 npx vitest run …` runs the property-based tests again with the seed that a failure printed. */
const seed = process.env['SEED'];
if (seed !== undefined && seed !== '') {
  const { default: fc } = await import('fast-check');
  fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(seed) });
}
export {};
