import { readFileSync, readdirSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '..');
const read = (file: string) => readFileSync(path.join(root, file), 'utf8');

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const manifests = ['package.json', 'examples/package.json', 'docs/package.json', ...readdirSync(path.join(root, 'packages')).map((name) => `packages/${name}/package.json`)];
const parsed = manifests.map((file) => ({ file, manifest: JSON.parse(read(file)) as Manifest }));
const named = new Set(
  parsed.flatMap(({ manifest }) =>
    [manifest.dependencies, manifest.devDependencies, manifest.peerDependencies, manifest.optionalDependencies].flatMap((each) => Object.keys(each ?? {})),
  ),
);
const table = read('CONTRIBUTING.md').split('\n## Dependencies\n')[1]?.split('\n## ')[0] ?? '';
const explained = [...table.matchAll(/^\| `([^`]+)` \| (.+) \|$/gm)].map(([, name]) => name ?? '');

describe('dependencies', () => {
  it('have each a line with their reason in CONTRIBUTING.md, and no line is without its dependency', () => {
    expect([...explained].sort()).toEqual([...named].sort());
  });

  it.each(parsed)('are pinned to a version in $file, except peers and our own packages', ({ manifest }) => {
    const ranges = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies })
      .filter(([name, version]) => !name.startsWith('@graasp/') && !/^(npm:@?[\w./-]+@)?\d+\.\d+\.\d+(-[\w.]+)?$/.test(version));
    expect(ranges).toEqual([]);
  });

  it('have one version each throughout the workspaces', () => {
    const versions = new Map<string, Set<string>>();
    for (const { manifest } of parsed) {
      for (const [name, version] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })) {
        versions.set(name, (versions.get(name) ?? new Set()).add(version));
      }
    }
    expect([...versions].filter(([, each]) => each.size > 1).map(([name]) => name)).toEqual([]);
  });

  it('of which two bring a `tsc` leave it to the newer one', () => {
    expect(realpathSync(path.join(root, 'node_modules/.bin/tsc'))).toContain('node_modules/@typescript/native/');
  });

  it('are locked without the host of a registry', () => {
    const lock = JSON.parse(read('package-lock.json')) as { packages: Record<string, { resolved?: string }> };
    expect(Object.values(lock.packages).flatMap(({ resolved }) => (resolved?.includes('://') ? [resolved] : []))).toEqual([]);
  });
});
