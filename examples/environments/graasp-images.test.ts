import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { graaspImages, NEXT_VERSION } from './graasp-images.js';

describe('graaspImages', () => {
  it.each(['v1.54.8', 'v1.55.0', 'v1.56.0-rc1'])('has the three release images of %s', (version) => {
    const references = graaspImages().map(({ reference }) => reference);

    expect(references).toEqual(expect.arrayContaining([`graasp:core-${version}`, `graasp:workers-${version}`, `graasp:migrate-${version}`]));
  });

  it('gives the mutable tags the very images of the version that runs', () => {
    const content = (reference: string, running?: typeof NEXT_VERSION) => {
      const { reference: _, ...image } = graaspImages(running).find((candidate) => candidate.reference === reference) ?? { reference };
      return image;
    };

    for (const name of ['core', 'workers', 'migrate']) {
      expect(content(`graasp:${name}-latest`)).toEqual(content(`graasp:${name}-v1.54.8`));
      expect(content(`graasp:${name}-latest`, NEXT_VERSION)).toEqual(content(`graasp:${name}-${NEXT_VERSION}`));
    }
    expect(content('graasp:core-v1.54.8')).not.toEqual(content('graasp:core-v1.55.0'));
  });

  it('names each reference once', () => {
    const references = graaspImages().map(({ reference }) => reference);

    expect(references).toEqual([...new Set(references)]);
  });

  it('runs programs that exist', () => {
    for (const { process: program } of graaspImages().filter((image) => image.process !== undefined)) {
      expect(program?.command.filter((part) => part.startsWith('/') && !existsSync(part))).toEqual([]);
    }
    const migrate = graaspImages().find(({ reference }) => reference === 'graasp:migrate-v1.55.0')?.process;
    expect(existsSync(join(migrate?.cwd ?? '', 'status.mjs'))).toBe(true);
  });
});
