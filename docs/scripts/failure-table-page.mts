import { deployWithMigration, failureTable, type FailureAction } from '@graasp/deploy';
import { generatedPage, table } from './markdown.mjs';

const does: Readonly<Record<FailureAction, string>> = {
  nothing: 'nothing: it changed nothing that outlives it',
  undone: 'the step has undone its own changes',
  reopen: 'lets visitors in again, on the old version',
  'start-and-reopen': 'starts what was stopped, verifies it, and lets visitors in on the old version',
  hold: 'nothing: the environment is held as it is',
  'close-and-hold': 'closes the gate again, and holds',
};

/** The data that releases go by: what is done when a step fails, and where that leaves the environment. */
export function failureTablePage(): string {
  const rows = failureTable.map(({ step, schema, when, does: action, leaves }) => [
    `\`${step}\``,
    [schema === undefined ? '' : `the schema is ${schema}`, when === undefined ? '' : '`onMigrationFailure` is `reopen-when-untouched`'].filter((text) => text !== '').join(', and ') || 'always',
    does[action],
    leaves,
  ]);
  const body = `
What \`${deployWithMigration.recipeName}\` and \`applyMigration\` do when a step fails. The first row that fits decides. This page is made from the table that
the code goes by, and each row is tested with real hosts.

${table(['step that fails', 'when', 'what is done', 'where that leaves the environment'], rows)}

An aborted run (Ctrl-C, a cancelled workflow), and one that has lost its lock or its run store, puts nothing back: it holds, unless nothing was changed.
Putting back that fails holds too, and what went wrong is added to the error.

The point of no return is the first rule that is opened after the migration (\`gate-off\`). What this table puts back can be held instead, by
\`onFailure: { 'snapshot-db': 'hold' }\`; nothing can be told to reopen where the table holds.
`;
  return generatedPage({ title: 'The failure table', description: 'What is done when a step of a release fails, and where that leaves the environment.', position: 3, body });
}
