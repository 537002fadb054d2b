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
    ...databaseProblems(blueprint),
  ];
}

interface Container {
  readonly environment?: Readonly<Record<string, unknown>> | undefined;
}

/** A name that is mistyped would be found out only by the container that connects, and by none of a model. */
function databaseProblems(blueprint: unknown): readonly string[] {
  const there = at(blueprint, 'database.databases');
  if (!Array.isArray(there)) return [];
  const found = { services: 'taskDefinition.containers', tasks: 'containers' };
  return Object.entries(found).flatMap(([list, path]) =>
    entriesAt(blueprint, list).flatMap((entry, index) =>
      entriesAt(entry, path).flatMap((container, number) =>
        Object.entries((container as Container | null)?.environment ?? {}).flatMap(([name, value]) =>
          namesIn(value).filter((database) => !there.includes(database)).map((database) => `${list}[${index}].${path}[${number}].environment.${name}: database ${database} of {database:${database}} is not on ${String(at(blueprint, 'database.identifier'))}; there are: ${there.join(', ')}`),
        ),
      ),
    ),
  );
}

function entriesAt(value: unknown, path: string): readonly unknown[] {
  const list = at(value, path);
  return Array.isArray(list) ? list : [];
}

function namesIn(value: unknown): readonly string[] {
  return typeof value === 'string' ? [...value.matchAll(/\{database:([^}]+)\}/g)].map(([, name = '']) => name) : [];
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
