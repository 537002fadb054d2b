import { fork } from 'node:child_process';
import { parseArgs } from 'node:util';
import { plantedBugs } from './planted-bugs.js';
import { runSeed, type SeedOutcome } from './run-seed.js';

process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';

/**
 * `npm run simulate -- --seeds 200 [--seed 1] [--workers 2] [--planted 'trusts runningCount' [--until-found]] [--verbose]`: whole releases in
 * virtual time, one a seed, from `--seed` on. `--workers` share the seeds, each a process; `--until-found` stops at the first seed at which the
 * planted bug's own checker finds it. Exits with 1 when a checker has found something. `--step` is what a worker is given.
 */
const { values } = parsed(() => parseArgs({
  options: {
    seeds: { type: 'string', default: '1' },
    seed: { type: 'string', default: '1' },
    step: { type: 'string', default: '1' },
    workers: { type: 'string', default: '1' },
    planted: { type: 'string' },
    'until-found': { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
  },
}));

const [seeds, first, step, workers] = [Number(values.seeds), Number(values.seed), Number(values.step), Number(values.workers)];
const planted = plantedBugs.find(({ name }) => name === values.planted) ?? null;
const numbers = [seeds, first, step, workers];
if (!numbers.every(Number.isInteger) || seeds < 1 || step < 1 || workers < 1) exitWith(`--seeds, --seed, --step and --workers: expected whole numbers from 1 on, got ${numbers.join(', ')}`);
if (values.planted !== undefined && planted === null) exitWith(`--planted: got "${values.planted}", expected one of\n${plantedBugs.map(({ name }) => `  "${name}"`).join('\n')}`);

interface Count {
  readonly seeds: number;
  readonly failed: number;
}

const begun = performance.now();
const counted = await (workers === 1 ? runSeeds() : runWorkers());
const seconds = (performance.now() - begun) / 1000;
if (process.send === undefined) console.log(`${counted.seeds} seeds from ${first} in ${seconds.toFixed(1)} s (${(counted.seeds / seconds).toFixed(2)} a second): ${counted.seeds - counted.failed} clean, ${counted.failed} not${planted !== null && counted.failed === 0 ? `; "${planted.name}" was NOT FOUND` : ''}`);
process.send?.(counted);
process.exitCode = counted.failed === 0 ? 0 : 1;

function parsed<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    return exitWith((error as Error).message);
  }
}

async function runSeeds(): Promise<Count> {
  let failed = 0;
  for (let ran = 0; ran < seeds; ran += 1) {
    const outcome = await runSeed(first + ran * step, planted);
    if (outcome.violations.length > 0) failed += 1;
    if (outcome.violations.length > 0 || values.verbose) console.log(told(outcome));
    if (values['until-found'] && outcome.violations.some(({ checker }) => checker === planted?.foundBy)) return { seeds: ran + 1, failed };
  }
  return { seeds, failed };
}

/** Each takes every so many-th seed. One that ends without its count, killed for instance, has run none of them clean. */
async function runWorkers(): Promise<Count> {
  const counts = Array.from({ length: Math.min(workers, seeds) }, (_, index) => runWorker(index, Math.min(workers, seeds)));
  const all = await Promise.all(counts);
  return { seeds, failed: all.reduce((sum, { failed }) => sum + failed, 0) };
}

function runWorker(index: number, of: number): Promise<Count> {
  const own = Math.ceil((seeds - index) / of);
  const options = ['--seeds', String(own), '--seed', String(first + index), '--step', String(of), ...(planted === null ? [] : ['--planted', planted.name]), ...(values.verbose ? ['--verbose'] : [])];
  const worker = fork(process.argv[1]!, options);
  return new Promise((resolve) => {
    worker.once('message', (count) => resolve(count as Count));
    worker.once('exit', () => resolve({ seeds: own, failed: own }));
  });
}

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
