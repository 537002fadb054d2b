import { RuleTester } from 'eslint';
import tseslint from 'typescript-eslint';
import { afterAll, describe, it } from 'vitest';
import { mustUseResult } from './must-use-result.js';

Object.assign(RuleTester, { afterAll, describe, it });

const declarations = `
import { ok, okAsync, safeTry, ResultAsync, type Result } from 'neverthrow';
declare function sync(): Result<number, string>;
declare function later(): ResultAsync<number, string>;
declare function promised(): Promise<Result<number, string>>;
declare function plain(): Promise<number>;
declare const list: readonly number[];
declare const ready: boolean;
declare const handlers: { onDone?: (() => void) | undefined };
`;

const tester = new RuleTester({
  languageOptions: {
    parser: tseslint.parser,
    parserOptions: { projectService: true, tsconfigRootDir: new URL('snippets', import.meta.url).pathname },
  },
});

const snippet = (code) => ({ code: `${declarations}\n${code}\nexport {};`, filename: new URL('snippets/snippet.ts', import.meta.url).pathname });
const valid = (name, code) => ({ ...snippet(code), name });
const dropped = (name, code, type = 'Result') => ({ ...snippet(code), name, errors: [{ messageId: 'dropped', data: { type } }] });
const swallowed = (name, code, type = 'Result') => ({ ...snippet(code), name, errors: [{ messageId: 'swallowed', data: { type } }] });

tester.run('must-use-result', mustUseResult, {
  valid: [
    valid('allows a Result that is returned', 'export const f = () => sync();'),
    valid('allows a Result that is matched', 'sync().match((n) => console.log(n), (e) => console.error(e));'),
    valid('allows a Result narrowed with isErr', 'const r = sync(); if (r.isErr()) console.error(r.error);'),
    valid('allows an awaited ResultAsync that is narrowed', 'const r = await later(); if (r.isOk()) console.log(r.value);'),
    valid('allows a value taken out with a default', 'sync().unwrapOr(0);'),
    valid('allows an awaited match', 'await later().match(() => 1, () => 2);'),
    valid('allows a delegated yield', 'export const f = () => safeTry(async function* () { yield* later(); return ok(1); });'),
    valid('allows a promise of something else', 'await plain(); void plain();'),
    valid('allows an assignment', 'let r: Result<number, string> = sync(); r = sync(); console.log(r);'),
    valid('allows a callback whose caller uses the Result', 'export const all = ResultAsync.combine(list.map(() => later()));'),
    valid('allows a callback that ends in a match', 'list.forEach(() => sync().match(() => 1, () => 2));'),
    valid('allows an andThen callback', 'export const f = () => later().andThen(() => okAsync(1));'),
    valid('allows a class named Ok of somebody else', 'class Ok {} declare function own(): Ok; own();'),
  ],
  invalid: [
    dropped('reports a dropped Result', 'sync();'),
    dropped('reports a dropped ResultAsync', 'later();', 'ResultAsync'),
    dropped('reports an awaited ResultAsync that nobody looks at', 'await later();'),
    dropped('reports a dropped promise of a Result', 'promised();'),
    dropped('reports an awaited promise of a Result', 'await promised();'),
    dropped('reports a dropped chain', 'sync().map((n) => n + 1);'),
    dropped('reports a dropped asynchronous chain', 'later().andThen(() => later()).mapErr(String);', 'ResultAsync'),
    dropped('reports an Ok by itself', 'ok(1);'),
    dropped('reports void of a Result', 'void sync();'),
    dropped('reports void of a ResultAsync', 'void later();', 'ResultAsync'),
    dropped('reports a branch of a condition', 'ready ? sync() : plain();'),
    dropped('reports the right of &&', 'ready && sync();'),
    dropped('reports all but the last of a sequence', 'export const n = (sync(), 1);'),
    dropped('reports a Result dropped inside a generator', 'export const f = () => safeTry(function* () { sync(); yield* sync(); return ok(1); });'),
    dropped('reports a dropped optional call', 'declare const maybe: { run?: () => Result<number, string> }; maybe.run?.();'),
    dropped('reports an array of Results', 'await Promise.all([later(), later()]);'),
    dropped('reports a dropped ResultAsync.combine', 'ResultAsync.combine([later()]);', 'ResultAsync'),
    swallowed('reports a forEach callback', 'list.forEach(() => sync());'),
    swallowed('reports a forEach callback with a body', 'list.forEach(() => { return later(); });', 'ResultAsync'),
    swallowed('reports a function passed by name', 'list.forEach(sync);'),
    swallowed('reports an asynchronous forEach callback', 'list.forEach(async () => sync());'),
    swallowed('reports a handler property', 'handlers.onDone = () => sync();'),
  ],
});
