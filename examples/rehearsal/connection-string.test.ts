import { describe, expect, it } from 'vitest';
import { graaspBlueprint } from '../environments/graasp-blueprint.js';
import { connectionString } from './connection-string.js';

describe('connectionString', () => {
  it("leads to the instance's own database, or to the named one", () => {
    const blueprint = graaspBlueprint('dev');
    const address = { host: '127.0.0.1', port: 5433 };

    expect(connectionString(blueprint, address)).toBe('postgres://graasper:only-on-this-machine@127.0.0.1:5433/graasp');
    expect(connectionString(blueprint, address, 'umami')).toBe('postgres://graasper:only-on-this-machine@127.0.0.1:5433/umami');
  });
});
