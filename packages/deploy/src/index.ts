/** The public surface of `@graasp/deploy`. */
export * from './public.js';
export { fileRunStore } from './runs/file-run-store.js';
export { githubOidcCredentials, type GithubOidcOptions } from './aws/github-oidc.js';
export { githubReporter, type GithubReporter, type GithubReporterOptions } from './reports/github-reporter.js';
export { terminalReporter, type Terminal, type TerminalReporterOptions } from './reports/terminal-reporter.js';
export { runScript, type RunScriptOptions, type ScriptError } from './run-script.js';
