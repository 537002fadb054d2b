import type { Blueprint } from './blueprint.js';

type Kind = 'text' | 'number' | 'list';

const account: Readonly<Record<string, Kind>> = {
  region: 'text',
  cluster: 'text',
  'loadBalancer.name': 'text',
  'loadBalancer.listeners': 'list',
  targetGroups: 'list',
  services: 'list',
  tasks: 'list',
  'database.identifier': 'text',
  'database.masterUsername': 'text',
  'database.masterPassword': 'text',
  'database.databases': 'list',
  'database.extensions': 'list',
  repositories: 'list',
};

/** Of each entry of a list. */
const entries: Readonly<Record<string, Readonly<Record<string, Kind>>>> = {
  'loadBalancer.listeners': { port: 'number', rules: 'list' },
  targetGroups: { name: 'text', port: 'number', healthCheckPath: 'text' },
  services: { name: 'text', desiredCount: 'number', 'taskDefinition.family': 'text', 'taskDefinition.containers': 'list', subnets: 'list', securityGroups: 'list' },
  tasks: { family: 'text', containers: 'list' },
};

/** What keeps a blueprint from being one, as far as its shape tells, every problem at once; the rest is said by the operations that create what it has. */
export function blueprintProblems(blueprint: Blueprint): readonly string[] {
  return [
    ...problemsIn(blueprint, account, ''),
    ...Object.entries(entries).flatMap(([list, kinds]) => {
      const found = at(blueprint, list);
      return Array.isArray(found) ? found.flatMap((entry, index) => problemsIn(entry, kinds, `${list}[${String(index)}].`)) : [];
    }),
  ];
}

function problemsIn(value: unknown, kinds: Readonly<Record<string, Kind>>, prefix: string): readonly string[] {
  return Object.entries(kinds).flatMap(([path, kind]) => (kindOf(at(value, path)) === kind ? [] : [`${prefix}${path}: expected a ${kind}, got ${kindOf(at(value, path))}`]));
}

function at(value: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((inner, name) => (inner as Readonly<Record<string, unknown>> | null | undefined)?.[name], value);
}

function kindOf(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  return Array.isArray(value) ? 'list' : typeof value === 'string' ? 'text' : typeof value;
}
