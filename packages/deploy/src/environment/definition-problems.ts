import type { EnvironmentDefinition, ServiceDefinition } from './definition.js';
import { shapeProblems } from './schema.js';

/** Everything wrong with a definition, at once; secrets are looked at in `resolve-header.ts`. */
export function definitionProblems(definition: EnvironmentDefinition): readonly string[] {
  const problems = shapeProblems(definition);
  // what refers to what can only be followed through a definition of the right shape
  return problems.length > 0 ? problems : [...serviceReferences(definition), ...cycleProblems(definition.services), ...tagProblems(definition), ...sourceProblems(definition), ...sqlProblems(definition), ...checkProblems(definition), ...distributionProblems(definition)];
}

function serviceReferences({ services, migration, sqlTask }: EnvironmentDefinition): readonly string[] {
  const known = Object.keys(services);
  const expected = `expected one of ${known.join(', ')}`;
  const dependencies = Object.entries(services).flatMap(([name, service]) =>
    (service.dependsOn ?? []).filter((other) => !known.includes(other)).map((other) => `services.${name}.dependsOn: ${expected}, got '${other}' (string)`),
  );
  const network = Object.entries({ migration, sqlTask }).flatMap(([task, of]) => (of === undefined || known.includes(of.networkOf) ? [] : [`${task}.networkOf: ${expected}, got '${of.networkOf}' (string)`]));
  return [...(known.length === 0 ? ['services: expected at least one service, got none'] : []), ...dependencies, ...network];
}

/** One problem per cycle, told from its first service in alphabetical order. */
function cycleProblems(services: Readonly<Record<string, ServiceDefinition>>): readonly string[] {
  const cycles = Object.keys(services).flatMap((name) => findCycle(services, name, [name]));
  return [...new Set(cycles)].map((cycle) => `services: dependsOn goes in a circle: ${cycle}`);
}

function findCycle(services: Readonly<Record<string, ServiceDefinition>>, start: string, path: readonly string[]): readonly string[] {
  return (services[path.at(-1)!]?.dependsOn ?? []).flatMap((next) => {
    if (next === start) return [...path].sort()[0] === start ? [[...path, start].join(' -> ')] : [];
    return path.includes(next) ? [] : findCycle(services, start, [...path, next]);
  });
}

function tagProblems({ services, migration, images }: EnvironmentDefinition): readonly string[] {
  const released = Object.values(services).flatMap((service) => Object.keys(service.release ?? {}));
  const movable = [...released, ...(migration === undefined ? [] : [migration.container ?? migration.taskDefinitionFamily])];
  return Object.keys(images?.mutableTags ?? {})
    .filter((container) => !movable.includes(container))
    .map((container) => `images.mutableTags: expected a released container (${movable.join(', ') || 'there is none'}), got '${container}' (string)`);
}

/** What `promoteImage` could not do with what is said of images. */
function sourceProblems({ services, migration, images }: EnvironmentDefinition): readonly string[] {
  if (images?.source === undefined) return [];
  const tags = [...Object.values(services).flatMap(({ release = {} }) => Object.values(release).map(({ tag }) => tag)), ...(migration === undefined ? [] : [migration.tag])];
  const kept = tags.map((tag) => tag.replaceAll('{version}', 'previous'));
  return [
    ...(tags.length === 0 ? ['images.source: expected something to copy from it, but no service has a release, and there is no migration'] : []),
    ...(/\.dkr\.ecr[.-]/.test(images.source.registry) ? [`images.source.registry: expected a registry that asks for no credentials, got '${images.source.registry}' (string)`] : []),
    ...Object.values(images.mutableTags ?? {})
      .filter((tag) => kept.includes(tag))
      .map((tag) => `images.mutableTags: '${tag}' is the tag by which the image that runs is kept when the next one is promoted`),
  ];
}

function distributionProblems({ maintenance }: EnvironmentDefinition): readonly string[] {
  const ids = maintenance.cloudFront?.distributions ?? [];
  return [...new Set(ids.filter((id, index) => ids.indexOf(id) !== index))].map((id) => `maintenance.cloudFront.distributions: '${id}' is named more than once`);
}

/** A task is told its databases in one line. Of the migration's family and without a command of its own, it would migrate at every look. */
function sqlProblems({ services, migration, sqlConnection, sqlTask }: EnvironmentDefinition): readonly string[] {
  if (sqlTask === undefined) return [];
  const wouldMigrate = sqlTask.command === undefined && sqlTask.taskDefinitionFamily === migration?.taskDefinitionFamily;
  return [
    ...(wouldMigrate ? [`sqlTask.command: expected the command that runs DEPLOY_SQL, because that of ${sqlTask.taskDefinitionFamily} itself migrates, got nothing`] : []),
    ...(sqlConnection === undefined ? [] : ['sqlTask: expected one way to the SQL of the database, got sqlConnection too']),
    ...Object.entries(services).flatMap(([name, { databases = [] }]) => databases.filter((database) => /\s/.test(database)).map((database) => `services.${name}.databases: expected names without a space, which sqlTask could not be told, got '${database}' (string)`)),
  ];
}

function checkProblems({ checks = [] }: EnvironmentDefinition): readonly string[] {
  const names = checks.map(({ name }) => name);
  return [
    ...[...new Set(names.filter((name, index) => names.indexOf(name) !== index))].map((name) => `checks: '${name}' is the name of more than one`),
    ...checks.filter(({ url }) => !URL.canParse(url)).map(({ name, url }) => `checks.${name}.url: expected a URL, got '${url}' (string)`),
  ];
}
