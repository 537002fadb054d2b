import path from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '..');
const { config } = ts.readConfigFile(path.join(root, 'tsconfig.json'), (file) => ts.sys.readFile(file)) as { config: unknown };
const { fileNames, options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
const typeTests = fileNames.filter((file) => file.endsWith('.test-d.ts'));

describe('type tests', () => {
  const program = ts.createProgram(typeTests, options);

  it('exist', () => expect(typeTests).not.toEqual([]));

  it.each(typeTests.map((file) => path.relative(root, file)))('hold in %s', { timeout: 120_000 }, (file) => {
    const diagnostics = ts.getPreEmitDiagnostics(program, program.getSourceFile(path.join(root, file)));
    const host = { getCanonicalFileName: (name: string) => name, getCurrentDirectory: () => root, getNewLine: () => '\n' };
    expect(ts.formatDiagnostics(diagnostics, host)).toBe('');
  });
});
