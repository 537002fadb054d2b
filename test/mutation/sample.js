import { createHash } from 'node:crypto';

/**
 * Stryker knows no sample, but asks checkers which mutants are worth a run: this one turns away what is not in it. Stryker then calls that an
 * "error", which counts in no score. A mutant is chosen by what it is, so that one seed chooses the same ones everywhere, also beside code that
 * has changed; and they are run in that order, so that a run which is stopped has looked at a sample too.
 */
export class SampleChecker {
  constructor(share = Number(process.env['SHARE'] ?? 100), seed = process.env['SEED'] ?? '1') {
    if (!(share > 0 && share <= 100)) throw new Error(`SHARE: expected percents, above 0 and up to 100, got ${share}`);
    this.share = share;
    this.seed = seed;
  }

  async init() {}

  async group(mutants) {
    const places = mutants.map((mutant) => ({ id: mutant.id, place: this.placeOf(mutant) })).sort((one, other) => one.place - other.place);
    const sampled = places.filter(({ place }) => place < this.share);
    return [...sampled.map(({ id }) => [id]), places.slice(sampled.length).map(({ id }) => id)];
  }

  async check(mutants) {
    return Object.fromEntries(mutants.map((mutant) => [mutant.id, this.placeOf(mutant) < this.share ? { status: 'passed' } : { status: 'compileError', reason: 'not in the sample' }]));
  }

  placeOf({ fileName, location: { start, end }, mutatorName, replacement }) {
    const file = fileName.slice(fileName.lastIndexOf('packages/'));
    const name = [this.seed, file, start.line, start.column, end.line, end.column, mutatorName, replacement].join(' ');
    return (100 * createHash('sha256').update(name).digest().readUInt32BE()) / 2 ** 32;
  }
}

export const strykerPlugins = [{ kind: 'Checker', name: 'sample', injectableClass: SampleChecker }];
