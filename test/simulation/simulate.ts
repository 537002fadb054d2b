import { parseArgs } from 'node:util';
import { plantedBugs } from './planted-bugs.js';
import { runSeed, type SeedOutcome } from './run-seed.js';

process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';

/**
 * `npm run simulate -- --seeds 200 [--seed 1] [--planted 'trusts runningCount'] [--verbose]`: whole releases in virtual time, one a seed, from
 * `--seed` on. Exits with 1 when a checker has found something.
 */
const { values } = parseArgs({ options: { seeds: { type: 'string', default: '1' }, seed: { type: 'string', default: '1' }, planted: { type: 'string' }, verbose: { type: 'boolean', default: false } } });

const [seeds, first] = [Number(values.seeds), Number(values.seed)];
const planted = plantedBugs.find(({ name }) => name === values.planted) ?? null;
if (!Number.isInteger(seeds) || seeds < 1 || !Number.isInteger(first)) exitWith(`--seeds and --seed: expected whole numbers, got ${values.seeds} and ${values.seed}`);
if (values.planted !== undefined && planted === null) exitWith(`--planted: expected one of ${plantedBugs.map(({ name }) => `'${name}'`).join(', ')}, got '${values.planted}'`);

const begun = performance.now();
let failed = 0;
for (let seed = first; seed < first + seeds; seed += 1) {
  const outcome = await runSeed(seed, planted);
  if (outcome.violations.length > 0) failed += 1;
  if (outcome.violations.length > 0 || values.verbose) console.log(told(outcome));
}
const seconds = (performance.now() - begun) / 1000;
console.log(`${seeds} seeds from ${first} in ${seconds.toFixed(1)} s (${(seeds / seconds).toFixed(2)} a second): ${seeds - failed} clean, ${failed} not`);
process.exitCode = failed === 0 ? 0 : 1;

function told({ choices, attempts, violations }: SeedOutcome): string {
  const { turns: _, ...chosen } = choices;
  return [
    `seed ${choices.seed}: ${violations.length === 0 ? 'clean' : 'NOT CLEAN'}`,
    ...Object.entries(chosen).map(([name, value]) => `  ${name}: ${JSON.stringify(value)}`),
    ...attempts.map(({ call, ended, underFaults, error }) => `  ${underFaults ? 'under faults' : 'after faults'}: ${call} ${ended}${error === null ? '' : `, ${error.kind} at ${error.situation?.step ?? 'connect'} (${error.situation?.left ?? ''}): ${error.message.slice(0, 300)}`}`),
    ...violations.map(({ checker, what }) => `  VIOLATED ${checker}: ${what}`),
    `  again: npm run simulate -- --seed ${choices.seed} --seeds 1${planted === null ? '' : ` --planted '${planted.name}'`}`,
    '',
  ].join('\n');
}

function exitWith(problem: string): never {
  console.error(problem);
  process.exit(2);
}
