import { test } from '@fast-check/vitest';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { outputRecord, withoutCommands, workflowCommand } from './github-commands.js';

/** Takes a line apart as the runner does (actions/runner, ActionCommand.cs), here for any name of a command. */
function obeyed(line: string): { readonly name: string; readonly properties: Readonly<Record<string, string>>; readonly text: string } | null {
  const [, head, text = ''] = /^::(.*?)::(.*)$/s.exec(line.trimStart()) ?? [];
  const old = /##\[([^\]]*)\](.*)/s.exec(line);
  if (head === undefined) return old === null ? null : { name: old[1] ?? '', properties: {}, text: old[2] ?? '' };
  const [, name = '', told = ''] = /^(\S*) ?(.*)$/s.exec(head) ?? [];
  const properties = told.split(',').filter((pair) => pair !== '').map((pair) => pair.split(/=(.*)/s) as [string, string]);
  const unescaped = (value: string) => value.replace(/%0D/g, '\r').replace(/%0A/g, '\n').replace(/%3A/g, ':').replace(/%2C/g, ',').replace(/%25/g, '%');
  return { name, properties: Object.fromEntries(properties.map(([key, value]) => [key, unescaped(value)])), text: text.replace(/%0D/g, '\r').replace(/%0A/g, '\n').replace(/%25/g, '%') };
}

/** Lines as the runner reads them from a stream. */
const linesOf = (text: string): readonly string[] => text.split(/\r\n|\r|\n/);

describe('workflowCommand', () => {
  it('is what the runner documents', () => {
    expect(workflowCommand('endgroup', '')).toBe('::endgroup::');
    expect(workflowCommand('error', '100 % gone:\nnothing, at all', { title: 'MigrationFailed in a, b: c' })).toBe('::error title=MigrationFailed in a%2C b%3A c::100 %25 gone:%0Anothing, at all');
  });

  const text = fc.string({ unit: fc.constantFrom(':', ',', '%', '\n', '\r', '=', '2', '5', '0', 'A', 'a', ' ', '#', '[', ']') });

  test.prop([text, text.filter((title) => title !== '')])('is one line, of which the runner takes text and title as they were', (data, title) => {
    const line = workflowCommand('error', data, { title });
    expect(linesOf(line)).toHaveLength(1);
    expect(obeyed(line)).toEqual({ name: 'error', properties: { title }, text: data });
  });
});

describe('withoutCommands', () => {
  it('leaves ordinary lines as they are', () => {
    const lines = 'std::vector ## [x] a: b\n  : c\n#[d]';
    expect(withoutCommands(lines)).toBe(lines);
  });

  test.prop([fc.string({ unit: fc.constantFrom(':', '::', '##[', '#', '[', ']', 'set-output', '\n', '\r', '\t', ' ', '\u0085', '\u2003', 'a') })])('leaves no line that the runner obeys', (text) => {
    expect(linesOf(withoutCommands(text)).map(obeyed).filter((command) => command !== null)).toEqual([]);
  });
});

describe('outputRecord', () => {
  it('holds any text between its delimiters', () => {
    expect(outputRecord('next', 'a=b\nc<<d', 'delimiter-1')).toBe('next<<delimiter-1\na=b\nc<<d\ndelimiter-1\n');
  });
});
