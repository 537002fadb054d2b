import { describe, expect, it } from 'vitest';
import { initialScene, type Scene } from './scene';
import { stateOf } from './state-of';

const closed: Scene = { ...initialScene, rules: initialScene.rules.map((rule) => ({ ...rule, open: rule.name !== 'web' })) };
const without = (scene: Scene, ...stopped: readonly string[]): Scene => ({ ...scene, services: scene.services.map((service) => (stopped.includes(service.name) ? { ...service, desired: 0 } : service)) });
const withDatabase = (scene: Scene, status: string): Scene => ({ ...scene, databases: scene.databases.map((database) => ({ ...database, status })) });

describe('stateOf', () => {
  it('names what is configured as readState does, administration paused or not', () => {
    expect(stateOf(initialScene)).toBe('running');
    expect(stateOf(closed)).toBe('restricted');
    expect(stateOf(without(closed, 'web', 'jobs'))).toBe('db-only');
    expect(stateOf(withDatabase(without(closed, 'web', 'jobs', 'office'), 'backing-up'))).toBe('db-only');
  });

  it('is mixed while some of it is on, or the database is away', () => {
    expect(stateOf(without(closed, 'web'))).toBe('mixed');
    expect(stateOf(without(initialScene, 'web', 'jobs'))).toBe('mixed');
    expect(stateOf(withDatabase(closed, 'renaming'))).toBe('mixed');
  });
});
