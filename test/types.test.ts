import path from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '..');
const config = ts.getParsedCommandLineOfConfigFile(path.join(root, 'tsconfig.json'), {}, { ...ts.sys, onUnRecoverableConfigFileDiagnostic: (it) => { throw new Error(String(it.messageText)); } });
const typeTests = (config?.fileNames ?? []).filter((file) => file.endsWith('.test-d.ts'));

describe('type tests', () => {
  const program = ts.createProgram(typeTests, config?.options ?? {});

  it('exist', () => expect(typeTests).not.toEqual([]));

  it.each(typeTests.map((file) => path.relative(root, file)))('hold in %s', { timeout: 120_000 }, (file) => {
    const diagnostics = ts.getPreEmitDiagnostics(program, program.getSourceFile(path.join(root, file)));
    expect(diagnostics.map((each) => ts.formatDiagnostic(each, { getCanonicalFileName: (it) => it, getCurrentDirectory: () => root, getNewLine: () => '\n' }))).toEqual([]);
  });
});
