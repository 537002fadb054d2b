import { expect, it } from 'vitest';
import { testEnvironment } from '../../environment/environment.fixture.js';
import { bytesText, startCopyProgress } from './copy-progress.js';

it('tells bytes once a second, the end, and what went in vain', () => {
  const env = testEnvironment();
  const progress = startCopyProgress(env, { blobs: 2, bytes: 4_000_000, timeoutSeconds: 60 });
  progress.bytes(1_000_000);
  env.clock.time += 1000;
  progress.bytes(1_000_000);
  progress.bytes(-2_000_000);
  env.clock.time += 1500;
  progress.blobDone();
  progress.bytes(4_000_000);
  progress.blobDone();
  progress.end();
  const told = env.events.map((event) => (event.type === 'waiting' ? [event.seen, event.progress] : [event.type, 'seconds' in event ? event.seconds : undefined]));
  expect(told).toEqual([['0.0 of 4.0 MB, 0 of 2 blobs', 0], ['2.0 of 4.0 MB, 0 of 2 blobs', 0.5], ['0.0 of 4.0 MB, 1 of 2 blobs', 0], ['4.0 of 4.0 MB, 2 of 2 blobs', 1], ['wait-ended', 2.5]]);
  expect(progress.copied()).toBe(4_000_000);
});

it.each([[0, '0.0 kB'], [1500, '1.5 kB'], [52_428_800, '52.4 MB'], [3_000_000_000, '3.0 GB']])('writes %i bytes as %s', (bytes, text) => expect(bytesText(bytes)).toBe(text));
