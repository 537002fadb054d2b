import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { graaspImages, mendedMigration, NEXT_VERSION, referencesOf } from './graasp-images.js';

describe('graaspImages', () => {
  it.each(['v1.54.8', 'v1.55.0', 'v1.56.0-rc1'])('has the three release images of %s', (version) => {
    const references = graaspImages().map(({ reference }) => reference);

    expect(references).toEqual(expect.arrayContaining([`graasp:core-${version}`, `graasp:workers-${version}`, `graasp:migrate-${version}`]));
  });

  it('gives the mutable tags to the very images of the version that runs, and to no other', () => {
    const tagged = (running?: typeof NEXT_VERSION) => graaspImages(running).flatMap(({ reference, alsoTagged = [] }) => alsoTagged.map((tag) => `${tag} is ${reference}`));

    expect(tagged()).toEqual(['core-latest is graasp:core-v1.54.8', 'workers-latest is graasp:workers-v1.54.8', 'migrate-latest is graasp:migrate-v1.54.8']);
    expect(tagged(NEXT_VERSION)).toEqual(['core-latest is graasp:core-v1.55.0', 'workers-latest is graasp:workers-v1.55.0', 'migrate-latest is graasp:migrate-v1.55.0']);
  });

  it('names each reference once', () => {
    const references = graaspImages().flatMap(referencesOf);

    expect(references).toEqual([...new Set(references)]);
  });

  it('moves the tag of the broken version to the mended migration', () => {
    expect(referencesOf(mendedMigration())).toEqual(['graasp:migrate-v1.56.0-rc1-mended', 'graasp:migrate-v1.56.0-rc1']);
  });

  it('runs programs that exist', () => {
    for (const { process: program } of graaspImages().filter((image) => image.process !== undefined)) {
      expect(program?.command.filter((part) => part.startsWith('/') && !existsSync(part))).toEqual([]);
    }
    const migrate = graaspImages().find(({ reference }) => reference === 'graasp:migrate-v1.55.0')?.process;
    expect(existsSync(join(migrate?.cwd ?? '', 'status.mjs'))).toBe(true);
  });
});
