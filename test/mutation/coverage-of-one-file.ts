/** Files of tests share a process, and Stryker adds up what each of them tells: without this, each would tell of all before it too. */
const { mutantCoverage } = (globalThis as { __stryker__?: { mutantCoverage?: { static: object; perTest: object } } }).__stryker__ ?? {};
if (mutantCoverage !== undefined) Object.assign(mutantCoverage, { static: {}, perTest: {} });
export {};
