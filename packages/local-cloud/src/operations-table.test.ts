import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { renderReadme } from '../scripts/write-readme.js';
import { virtualClock } from './clock.js';
import { createFaults } from './faults.js';
import { createAuthorizer } from './iam/authorizer.js';
import { createModelHosts } from './hosts/model-hosts.js';
import { operationsTable } from './operations-table.js';
import { instantTiming } from './profiles.js';
import { createRegionServices } from './region-services.js';
import { createCloudFront } from './services/cloudfront/cloudfront.js';

describe('operationsTable', () => {
  it('has every operation that is implemented, and no other', () => {
    const clock = virtualClock({ startAt: 0 });
    const hosts = createModelHosts({ clock, onViolation: () => undefined });
    const context = { accountId: '123456789012', region: 'eu-central-1', clock, timing: instantTiming, faults: createFaults(() => 0), authorizer: createAuthorizer('123456789012', undefined, { taskRoles: () => [], hasObject: () => false, tagsOf: () => ({}) }), hosts, background: () => undefined };
    const services = createRegionServices(context, new Map(), createCloudFront(context));
    const implemented = Object.fromEntries(Object.entries(services.operations).map(([name, operations]) => [name, Object.keys(operations).sort()]));
    const listed = Object.fromEntries(Object.entries(operationsTable).map(([name, { operations }]) => [name, Object.keys(operations).sort()]));
    expect(listed).toEqual(implemented);
  });

  it('is what the README shows', () => {
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
    expect(readme, 'run: npx tsx packages/local-cloud/scripts/write-readme.ts').toBe(renderReadme());
  });
});
