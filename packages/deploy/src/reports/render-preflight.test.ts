import { describe, expect, it } from 'vitest';
import type { PreflightCheck } from '../errors.js';
import { renderPreflight } from './render-preflight.js';

const checks: readonly PreflightCheck[] = [
  { group: 'credentials', name: 'account', status: 'ok', detail: 'arn:x in account 1' },
  { group: 'credentials', name: 'permissions', status: 'skip', detail: 'only the reads are tried' },
  { group: 'database', name: 'backups', status: 'failed', detail: 'automated backups are off: what is written after the snapshot could not be brought back', remedy: 'Set a backup retention period of a day or more.' },
  { group: 'credentials', name: 'expiry', status: 'ok', detail: 'they do not expire' },
  { group: 'database', name: 'storage', status: 'warning', detail: '3.0 of 20 GiB are free\u001b[2J', remedy: 'Give it more.' },
];

describe('renderPreflight', () => {
  it('makes a tree by group, with what to do about what is not right, wrapped, and without control characters', () => {
    expect(renderPreflight(checks, 60)).toBe(`credentials
  OK      account: arn:x in account 1
  SKIP    permissions: only the reads are tried
  OK      expiry: they do not expire
database
  FAILED  backups: automated backups are off: what is
          written after the snapshot could not be brought
          back
          → Set a backup retention period of a day or more.
  WARN    storage: 3.0 of 20 GiB are free
          → Give it more.
5 checks: 2 OK, 1 skipped, 1 to be warned of, 1 failed`);
  });
});
