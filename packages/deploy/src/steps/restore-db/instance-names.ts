/** "ModifyDBInstance": 1 to 63 letters, digits and hyphens, a letter first, no hyphen last, no two in a row; kept in lower case. */
const longest = 63;

/** `graasp-dev-before-20261123-231744-k3f9`: what an instance beside the one in use is called, by the run that made it so. */
export function asideIdentifier(database: string, what: 'before' | 'restored' | 'rehearsal', run: string): string {
  const end = `-${what}-${run}`.toLowerCase();
  return `${database.toLowerCase().slice(0, longest - end.length).replace(/-$/, '')}${end}`;
}

/** What `asideIdentifier` gives, for whichever run: an asterisk stands for the run. */
export function asideIdentifierPattern(database: string, what: 'before' | 'restored' | 'rehearsal'): string {
  const anyRun = '20261123-231744-k3f9';
  return `${asideIdentifier(database, what, anyRun).slice(0, -anyRun.length)}*`;
}
