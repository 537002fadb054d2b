import type { Situation } from '../errors.js';

/**
 * What a recipe does when a step has failed.
 *
 * - `nothing`: the step changed nothing that outlives it.
 * - `undone`: the step has undone its own changes.
 * - `reopen`: opens the gate again.
 * - `start-and-reopen`: starts the services on the revisions that were found, verifies them, then opens the gate.
 * - `close-and-hold`: closes the gate again, then holds.
 * - `hold`: leaves everything as it is, and holds.
 */
export type FailureAction = 'nothing' | 'undone' | 'reopen' | 'start-and-reopen' | 'close-and-hold' | 'hold';

/** One row of a failure table; the first that fits decides. */
export interface FailureRow<O = never> {
  /** Name of the step in the recipe. */
  readonly step: string;
  /** The row fits only while the schema is known to be so. */
  readonly schema?: Situation['schema'] | undefined;
  /** The row fits only with these options. */
  readonly when?: ((options: O) => boolean) | undefined;
  readonly does: FailureAction;
  /** Where that leaves the environment, for people. */
  readonly leaves: string;
}

/** What is to be done: nothing if the run has changed nothing, else what the table says, without a row a hold. */
export function failureAction<O>(table: readonly FailureRow<O>[], failed: { readonly step: string; readonly schema: Situation['schema']; readonly changed: boolean; readonly options: O }): FailureAction {
  if (!failed.changed) return 'nothing';
  const row = table.find(
    ({ step, schema, when }) => step === failed.step && (schema === undefined || schema === failed.schema) && (when === undefined || when(failed.options)),
  );
  return row?.does ?? 'hold';
}
