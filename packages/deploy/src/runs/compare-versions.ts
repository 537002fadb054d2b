/** Order of versions: below 0 when the first is older. A pre-release comes before its release. */
export function compareVersions(one: string, other: string): number {
  const [first, second] = [partsOf(one), partsOf(other)];
  for (const at of [0, 1, 2]) {
    const difference = (first.numbers[at] ?? 0) - (second.numbers[at] ?? 0);
    if (difference !== 0) return difference;
  }
  if (first.suffix === second.suffix) return 0;
  if (first.suffix === '' || second.suffix === '') return first.suffix === '' ? 1 : -1;
  return first.suffix.localeCompare(second.suffix, 'en', { numeric: true });
}

function partsOf(version: string) {
  const [core = '', ...suffix] = version.replace(/^v/, '').split('-');
  return { numbers: core.split('.').map(Number), suffix: suffix.join('-') };
}
