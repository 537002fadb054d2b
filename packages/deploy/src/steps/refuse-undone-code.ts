import { err, ok, type Result } from 'neverthrow';
import type { Refused } from '../errors.js';
import { compareVersions } from '../runs/compare-versions.js';
import type { CodeInQuestion } from './refuse-older-code.js';

/** Once a restore has undone a migration, code that was released with it must not meet the schema of before. */
export function refuseUndoneCode(undone: string | null, { version, of, doing }: Omit<CodeInQuestion, 'oldCodeFits'>): Result<void, Refused> {
  if (undone === null || version === null || compareVersions(version, undone) < 0) return ok(undefined);
  return err({
    kind: 'Refused',
    rule: 'new-code-on-old-schema',
    message: `the database was restored to before its migration to ${undone}, and ${version}${of} is not older than that: nothing was ${doing}`,
    remedy: `Go back to the version that was there before (rollBack), or migrate again with applyMigration or deployWithMigration.`,
  });
}
