import { describe, expect, it } from 'vitest';
import { commands, readCommand, spell } from './commands';

describe('readCommand', () => {
  it('reads back every command that was spelled, with what was filled in', () => {
    const filling = { run: '20261123-080021-4esw', recipe: 'deployWithMigration', instance: 'shop', snapshot: 'shop-v1-55-0', version: 'v1.55.0' };
    for (const name of Object.keys(commands) as (keyof typeof commands)[]) {
      const places = Object.fromEntries(Object.entries(filling).map(([place, value]) => [place, commands[name].includes(`{${place}}`) ? value : '']));
      expect(readCommand(spell(name, filling))).toEqual({ name, ...places });
    }
  });

  it('reads nothing in a line that is no command', () => {
    expect(readCommand('aws rds delete-db-instance')).toBeUndefined();
    expect(readCommand("resume(env, recipe, 'a') && rm")).toBeUndefined();
  });
});
