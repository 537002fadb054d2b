import { describe, expect, it } from 'vitest';
import { readSchemaTag, schemaTag } from './schema-tag.js';

describe('schemaTag', () => {
  it.each([
    null,
    { version: 'v1.54.8', outcome: 'migrated', at: '2026-11-23T10:00:00.000Z', run: '20261123-231744-k3f9' },
    { version: 'v1.56.0-rc1', outcome: 'unknown', at: '2026-11-23T10:00:00.000Z', run: null },
  ] as const)('reads back what was known of the schema: %j', (schema) => {
    expect(readSchemaTag([{ Key: 'team', Value: 'x' }, schemaTag(schema)])).toEqual(schema);
    expect(schemaTag(schema).Value).toMatch(/^[\w .:/=+@-]{1,256}$/);
  });

  it('tells a snapshot that does not tell from one that was taken before any migration', () => {
    expect(readSchemaTag([])).toBeUndefined();
    expect(readSchemaTag([{ Key: 'graasp-deploy:schema', Value: 'what' }])).toBeUndefined();
  });
});
