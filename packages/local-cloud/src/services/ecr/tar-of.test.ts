import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { tarOf } from './tar-of.js';

it('is an archive that tar reads', () => {
  const archive = tarOf('image', 'graasp:core-v1 for linux/arm64\n');
  expect(execFileSync('tar', ['-xOf', '-', 'image'], { input: archive, encoding: 'utf8' })).toBe('graasp:core-v1 for linux/arm64\n');
  expect(archive.byteLength).toBe(2048);
});
