import { execFileSync } from 'node:child_process';

interface Packed {
  readonly size: number;
  readonly unpackedSize: number;
  readonly entryCount: number;
}

/** What a user downloads, and what it becomes on their disk. */
export function packedSizes(workspace: string): string {
  const [packed] = JSON.parse(execFileSync('npm', ['pack', '--dry-run', '--json', '--workspace', workspace], { encoding: 'utf8' })) as Packed[];
  if (packed === undefined) throw new Error(`${workspace} was not packed`);
  const kilobytes = (bytes: number) => `${(bytes / 1000).toFixed(1)} kB`;
  return `${kilobytes(packed.size)}, unpacked ${kilobytes(packed.unpackedSize)} in ${packed.entryCount} files`;
}
