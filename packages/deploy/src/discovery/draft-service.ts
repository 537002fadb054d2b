import type { ServiceDefinition } from '../environment/definition.js';
import type { FoundService } from './account.js';
import type { DraftNotes } from './draft-notes.js';
import { versionTagOfImage } from './draft-images.js';

export interface DraftContext {
  /** Identifier of the database instance. */
  readonly instance: string;
  /** The repository whose images follow the released version. */
  readonly repository: string | undefined;
}

export function draftService(service: FoundService, { instance, repository }: DraftContext, notes: DraftNotes): ServiceDefinition {
  const path = `services.${service.name}`;
  if (service.unfit !== null) notes.unknown(path, `${service.unfit}: preflight refuses it as it is. Change that, or leave the service out here if it may go on while the database changes`);
  const databases = databasesOf(service, instance, path, notes);
  const release = releaseOf(service, repository, path, notes);
  return { role: roleOf(service, path, notes), desiredCount: countOf(service, path, notes), ...(databases === undefined ? {} : { databases }), ...(release === undefined ? {} : { release }) };
}

const staff = /(?:^|[^a-z])(admin|backoffice|office|staff|internal|umami|matomo|plausible|grafana|metabase|pgadmin|adminer|analytics|monitoring|dashboard)/i;

/** `application` keeps visitors out: what is not certain is taken to be one. */
function roleOf({ name, doors }: FoundService, path: string, notes: DraftNotes): ServiceDefinition['role'] {
  const where = doors.length === 0 ? 'it is not behind the balancer' : `it is at ${told(doors)}`;
  const hosts = doors.map((door) => door.split('/')[0]!);
  const word = staff.exec(name)?.[1] ?? (hosts.length > 0 && hosts.every((host) => staff.test(host)) ? staff.exec(hosts[0]!)?.[1] : undefined);
  if (word === undefined) notes.guess(`${path}.role`, `nothing in its name says that it is for staff; ${where}`);
  else notes.guess(`${path}.role`, `'${word}' sounds as if it were for staff, who get to it while visitors are kept out; ${where}`);
  return word === undefined ? 'application' : 'administration';
}

export function told(doors: readonly string[]): string {
  return doors.length > 3 ? `${doors.slice(0, 3).join(', ')} and ${doors.length - 3} more` : doors.join(', ');
}

function countOf({ desiredCount, scaling }: FoundService, path: string, notes: DraftNotes): number {
  if (scaling !== null && scaling.min > 0) {
    notes.guess(`${path}.desiredCount`, `the minimum of its Auto Scaling, which goes to ${scaling.max}; ${desiredCount} now`);
    return scaling.min;
  }
  if (desiredCount > 0) return desiredCount;
  notes.unknown(`${path}.desiredCount`, 'how many tasks while it runs? There are none now');
  return 1;
}

/** undefined: it is taken to write. That it does not use the instance is nothing that its task definition could prove. */
function databasesOf({ containers }: FoundService, instance: string, path: string, notes: DraftNotes): readonly string[] | undefined {
  const connections = containers.flatMap((container) => container.connections.filter((connection) => connection.instance === instance).map((connection) => ({ ...connection, container: container.name })));
  const names = [...new Set(connections.flatMap(({ database }) => database ?? []))].sort();
  if (names.length > 0 && connections.every(({ database }) => database !== undefined)) {
    notes.guess(`${path}.databases`, `by ${[...new Set(connections.map(({ container, by }) => `${by} of ${container}`))].join(', ')}`);
    return names;
  }
  const hints = [...connections.map(({ by }) => by), ...containers.flatMap(({ databaseSecrets }) => databaseSecrets)];
  const named = containers.length > 0 ? 'its task definition names none' : 'it has no task definition of its own';
  const seen = hints.length > 0 ? `${[...new Set(hints)].join(', ')} of its task definition says that it uses one` : `${named}; [] if it does not use the instance`;
  notes.unknown(`${path}.databases`, `which of the instance? ${seen}. Without it, it is taken to write`);
  return undefined;
}

function releaseOf({ containers }: FoundService, repository: string | undefined, path: string, notes: DraftNotes): ServiceDefinition['release'] {
  const released = containers.flatMap(({ name, image }) => {
    const tag = image !== null && image.repository === repository ? versionTagOfImage(image) : undefined;
    if (tag === undefined) return [];
    notes.guess(`${path}.release.${name}`, `its image is tagged ${image!.tags.join(', ')} in ${repository}`);
    return [[name, { tag }] as const];
  });
  const images = containers.map(({ name, image }) => `${name}: ${image === null ? 'not from ECR here' : `${image.repository}, tagged ${image.tags.join(', ') || 'with nothing'}`}`);
  if (released.length === 0 && containers.length > 0) notes.guess(`${path}.release`, `none, as no image of it has a version in the repository of the release (${images.join('; ')}): deployments leave it alone`);
  return released.length === 0 ? undefined : Object.fromEntries(released);
}
