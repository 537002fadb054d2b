import { err, ok, type Result, type ResultAsync } from 'neverthrow';
import type { AwsError, PreflightCheck, RunStoreFailed } from '../../errors.js';

/** What ends a preflight instead of being one of its findings: with these nothing else could be found out. */
export type PreflightError = Exclude<AwsError, { kind: 'AccessDenied' | 'NotFound' | 'Unexpected' }> | RunStoreFailed;

export type Group = 'credentials' | 'images' | 'definition' | 'services' | 'runs' | 'database' | 'calendar' | 'gate';

/** Makes the checks of one group. */
export function checksOf(group: Group) {
  return {
    ok: (name: string, detail: string): PreflightCheck => ({ group, name, status: 'ok', detail }),
    skip: (name: string, why: string): PreflightCheck => ({ group, name, status: 'skip', detail: why }),
    warning: (name: string, detail: string, remedy: string): PreflightCheck => ({ group, name, status: 'warning', detail, remedy }),
    failed: (name: string, detail: string, remedy: string): PreflightCheck => ({ group, name, status: 'failed', detail, remedy }),
  };
}

/** What can be told by a call that is denied, or finds nothing, is one finding among the others. */
export function found<T>(group: Group, name: string, asked: ResultAsync<T, AwsError | RunStoreFailed>): ResultAsync<Result<T, PreflightCheck>, PreflightError> {
  return asked.map((value): Result<T, PreflightCheck> => ok(value)).orElse((error) => {
    const { kind } = error;
    if (kind === 'AccessDenied' || kind === 'NotFound' || kind === 'Unexpected') return ok<Result<T, PreflightCheck>, PreflightError>(err(checksOf(group).failed(name, error.message, error.remedy)));
    return err(error);
  });
}

/** `2026-11-23 20:00 UTC`, of milliseconds since the epoch. */
export function timeText(time: number): string {
  return `${new Date(time).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
