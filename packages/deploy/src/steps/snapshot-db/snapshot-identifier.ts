import type { SnapshotPurpose } from './snapshot-tags.js';

/** "CreateDBSnapshot": 1 to 255 letters, digits and hyphens, a letter first, no hyphen last, no two in a row; kept in lower case. */
const longest = 255;

/**
 * Name of the snapshot of a database before a version, by a run: another run's is never taken for it. A second one of the same run
 * (the first failed, or came too early) carries its number; one that was taken beforehand says so.
 */
export function snapshotIdentifier(of: { readonly database: string; readonly version?: string | undefined; readonly run: string; readonly purpose: SnapshotPurpose; readonly attempt: number }): string {
  const end = words([of.version ?? '', of.run, of.purpose === 'warm' ? 'warm' : '', of.attempt === 1 ? '' : String(of.attempt)]);
  const start = words([/^[a-z]/i.test(of.database) ? of.database : `db-${of.database}`]);
  return end === '' ? start.slice(0, longest) : `${withoutHyphenAtEnd(start.slice(0, longest - end.length - 1))}-${end}`;
}

function words(parts: readonly string[]): string {
  return parts
    .join('-')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
}

function withoutHyphenAtEnd(text: string): string {
  return text.replace(/-$/, '');
}
