import { describe, expect, it } from 'vitest';
import type { CloudContext } from '../../context.js';
import { createRegistry } from './registry.js';

describe('push', () => {
  it('gives every tag of an image one digest, in the private registry and elsewhere', () => {
    const registry = createRegistry({ accountId: '123456789012', region: 'eu-central-1', clock: { now: () => 0 } } as CloudContext);
    registry.createRepository('graasp', false);

    const { digest } = registry.push({ reference: 'graasp:core-v1', alsoTagged: ['core-latest'] });
    const other = registry.push({ reference: 'graasp/admin:v3', alsoTagged: ['latest'] });

    const host = '123456789012.dkr.ecr.eu-central-1.amazonaws.com';
    expect(registry.resolve(`${host}/graasp:core-v1`)?.digest).toBe(digest);
    expect(registry.resolve(`${host}/graasp:core-latest`)?.digest).toBe(digest);
    expect(registry.resolve('graasp/admin')?.digest).toBe(other.digest);
    expect(registry.repositories.get('graasp')?.images.get(digest)?.tags).toEqual(new Set(['core-v1', 'core-latest']));
  });
});
