import { type EnvironmentDefinition, secretFromEnv } from '../environment/definition.js';
import type { Account, FoundBalancer, FoundService } from './account.js';
import { draftImages, releasedRepository } from './draft-images.js';
import { draftMigration } from './draft-migration.js';
import { draftNotes, type DraftNotes } from './draft-notes.js';
import { draftService, told } from './draft-service.js';

export interface Draft {
  readonly definition: EnvironmentDefinition;
  readonly notes: DraftNotes;
}

/** Stands where a name has to be that is not known. */
export const toBeNamed = 'TODO';

/** Pure: what can be said of an environment by what is in its account, and of what of it a person has to think. */
export function draftDefinition(account: Account, database: string | undefined): Draft {
  const notes = draftNotes();
  const instance = chooseInstance(account, database, notes);
  const repository = releasedRepository(account, notes);
  const services = Object.fromEntries(account.services.map((service) => [service.name, draftService(service, { instance, repository }, notes)]));
  if (account.services.length === 0) notes.unknown('services', 'there is no service in this cluster');
  else notes.unknown('services', 'dependsOn of a service names those that have to be up before it, and stay up until it has stopped; volatile: true is for one that loses its content when it stops');
  const migration = draftMigration(account, repository, notes);
  const images = draftImages(account, { repository, migration }, notes);
  const definition = {
    name: nameOf(account, notes),
    region: account.region,
    accountId: account.accountId,
    cluster: account.cluster,
    loadBalancer: nameOfBalancer(account.balancer, notes),
    database: instance,
    services,
    maintenance: maintenanceOf(account.balancer, notes),
    ...(migration === undefined ? {} : { migration }),
    ...(images === undefined ? {} : { images }),
  };
  askForTheRest(account.services, notes);
  return { definition, notes };
}

function nameOf({ cluster }: Account, notes: DraftNotes): string {
  notes.guess('name', "the cluster's; a short one is easier to read: dev, production");
  return cluster.replaceAll(/[^A-Za-z0-9]+/g, '-').replaceAll(/^-|-$/g, '') || 'environment';
}

/** The one that was asked for, else the one that most services name, else the only one, or one that is called as the cluster. */
function chooseInstance({ services, migrations, instances, cluster }: Account, wanted: string | undefined, notes: DraftNotes): string {
  if (wanted !== undefined) return wanted;
  const named = [...services, ...migrations].flatMap(({ containers }) => [...new Set(containers.flatMap(({ connections }) => connections.map(({ instance }) => instance)))]);
  const times = (instance: string) => named.filter((other) => other === instance).length;
  const [most, ...others] = [...new Set(named)].sort((left, right) => times(right) - times(left));
  if (most !== undefined) {
    notes.guess('database', `task definitions lead to it${others.length > 0 ? `; others lead to ${others.join(', ')}` : ''}`);
    return most;
  }
  const [only] = instances.length === 1 ? instances : instances.filter((instance) => instance === cluster);
  if (only === undefined) {
    notes.unknown('database', instances.length === 0 ? 'there is no instance of RDS in this region' : `which instance? No task definition names one; there is ${instances.join(', ')}`);
    return toBeNamed;
  }
  notes.guess('database', instances.length === 1 ? 'the only instance in this region' : 'called as the cluster is');
  return only;
}

function nameOfBalancer(balancer: FoundBalancer | null, notes: DraftNotes): string {
  if (balancer === null) {
    notes.unknown('loadBalancer', 'which? No service of this cluster is behind an Application Load Balancer');
    return toBeNamed;
  }
  if (balancer.others.length > 0) notes.guess('loadBalancer', `most services are behind it; others are behind ${balancer.others.join(', ')}, which maintenance would not close`);
  return balancer.name;
}

function maintenanceOf(balancer: FoundBalancer | null, notes: DraftNotes): EnvironmentDefinition['maintenance'] {
  notes.unknown('maintenance', 'choose a header that operators send, and visitors do not, and set both variables: a name, and a value of eight characters or more');
  const { listener = null, listeners = [] } = balancer ?? {};
  if (balancer !== null && listener === null) notes.unknown('maintenance', `${balancer.name} has no listener: nobody comes in by it, nor can be kept out`);
  if ((balancer?.othersDoors.length ?? 0) > 0) notes.unknown('maintenance', `${told(balancer!.othersDoors)} of the same listener lead to no service of this cluster: maintenance closes every rule of a listener. May visitors be kept out there too?`);
  if (listener?.forwardsByDefault === true) notes.unknown('maintenance', `the default action of ${listener.protocol}:${listener.port} forwards to a service: make it a redirect to a maintenance page, or a fixed response, or visitors cannot be kept out`);
  const header = { headerName: secretFromEnv('MAINTENANCE_HEADER_NAME'), headerValue: secretFromEnv('MAINTENANCE_HEADER_SECRET') };
  if (listener === null) return header;
  const isDefault = (listener.protocol === 'HTTPS' && listener.port === 443) || listeners.length === 1;
  if (listeners.length > 1) notes.guess('maintenance', `visitors come by ${listener.protocol}:${listener.port}; there is ${listeners.join(', ')}`);
  return isDefault ? header : { ...header, listenerPort: listener.port };
}

/** What AWS cannot tell at all. */
function askForTheRest(services: readonly FoundService[], notes: DraftNotes): void {
  const doors = services.flatMap((service) => service.doors.slice(0, 1)).slice(0, 3);
  notes.unknown('checks', `requests by which an operator sees that a version works: { name: 'api', url: 'https://…', versionAt: 'version' }${doors.length > 0 ? `; services are at ${doors.join(', ')}, …` : ''}`);
  notes.unknown('otherWriters', 'does anything else write to the database, that ECS does not run in this cluster?');
  notes.unknown('schedules', 'does anything come at its own time that is not to come in the middle of a release, like a nightly stop?');
  notes.unknown('infrastructureLock', 'the bucket and key of the state, where the infrastructure is code of Terraform or OpenTofu');
  notes.unknown('sqlConnection', 'a URL of the database in a variable, or sqlTask: a release then waits until nothing is at work in it any more, and not by its load alone');
}
