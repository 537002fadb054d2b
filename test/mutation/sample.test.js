import { describe, expect, it } from 'vitest';
import { SampleChecker } from './sample.js';

const mutants = Array.from({ length: 2_000 }, (_, line) => ({
  id: String(line),
  fileName: `/somewhere/packages/deploy/src/steps/scaling.ts`,
  location: { start: { line, column: 4 }, end: { line, column: 9 } },
  mutatorName: 'BooleanLiteral',
  replacement: 'false',
}));

async function sampled(share, seed, of = mutants) {
  const checked = await new SampleChecker(share, seed).check(of);
  return of.filter(({ id }) => checked[id].status === 'passed').map(({ id }) => id);
}

describe('the sample of mutants', () => {
  it('is the share that was asked for, of every mutant the same chance', async () => {
    const { length } = await sampled(20, '1');
    expect(length).toBeGreaterThan(340);
    expect(length).toBeLessThan(460);
    expect(await sampled(100, '1')).toHaveLength(2_000);
  });

  it('is the same with the same seed, wherever the repository is and whatever number Stryker gave', async () => {
    const elsewhere = mutants.map((mutant) => ({ ...mutant, fileName: mutant.fileName.replace('/somewhere', '/elsewhere/.stryker-tmp/sandbox-1'), id: `again-${mutant.id}` }));
    expect((await sampled(20, '1', elsewhere)).map((id) => id.replace('again-', ''))).toEqual(await sampled(20, '1'));
  });

  it('is another one with another seed', async () => {
    expect(await sampled(20, '2')).not.toEqual(await sampled(20, '1'));
  });

  it('holds a smaller one, which is run first', async () => {
    const order = (await new SampleChecker(20, '1').group(mutants)).flat();
    const smaller = await sampled(5, '1');
    expect([...order.slice(0, smaller.length)].sort()).toEqual([...smaller].sort());
  });

  it.each([0, 101, Number.NaN])('is refused when it is to be %d percent', (share) => {
    expect(() => new SampleChecker(share, '1')).toThrow('SHARE: expected percents, above 0 and up to 100');
  });
});
