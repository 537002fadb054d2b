import type { MigrationDefinition, VersionTag } from '../environment/definition.js';
import type { Account, FoundContainer, FoundTask } from './account.js';
import type { DraftNotes } from './draft-notes.js';
import { versionTagOfImage } from './draft-images.js';

/** Of a family that no service uses and whose name says that it migrates; undefined: there is none. */
export function draftMigration(account: Account, repository: string | undefined, notes: DraftNotes): MigrationDefinition | undefined {
  const { services, migrations, otherFamilies } = account;
  const [task, ...others] = [...migrations].sort((left, right) => rank(right, repository) - rank(left, repository));
  if (task === undefined || services.length === 0) {
    const there = otherFamilies.length === 0 ? 'there is none that no service uses' : `there is ${otherFamilies.slice(0, 10).join(', ')}${otherFamilies.length > 10 ? ', …' : ''}`;
    notes.unknown('migration', `which family of task definitions migrates? None that no service of this cluster uses has 'migrat' in its name; ${there}`);
    return undefined;
  }
  notes.guess('migration.taskDefinitionFamily', `no service uses it, and its name says that it migrates${others.length > 0 ? `; so do ${others.map(({ family }) => family).join(', ')}` : ''}`);
  const container = task.containers.find(({ name }) => /migrat/i.test(name)) ?? task.containers[0]!;
  if (task.containers.length > 1) notes.guess('migration.container', `one of ${task.containers.map(({ name }) => name).join(', ')}`);
  notes.unknown('migration.statusCommand', "a command of its image that changes nothing and whose last line tells the schema's version");
  return { taskDefinitionFamily: task.family, container: container.name, tag: tagOf(container, repository, notes), networkOf: networkOf(account, container, repository, notes) };
}

/** Those with images of the release first. */
function rank({ containers }: FoundTask, repository: string | undefined): number {
  return containers.some(({ image }) => image !== null && image.repository === repository) ? 1 : 0;
}

function tagOf({ image }: FoundContainer, repository: string | undefined, notes: DraftNotes): VersionTag {
  const tag = image !== null && image.repository === repository ? versionTagOfImage(image) : undefined;
  if (tag === undefined) notes.unknown('migration.tag', `how is its image tagged for a version in the repository of the release? ${image === null ? 'The one that it names is from elsewhere' : `The one that it names is in ${image.repository}, tagged ${image.tags.join(', ') || 'with nothing'}`}`);
  else notes.guess('migration.tag', `its image is tagged ${image!.tags.join(', ')}`);
  return tag ?? 'migrate-{version}';
}

/** A service that reaches the same instance: released ones first. */
function networkOf({ services }: Account, { connections }: FoundContainer, repository: string | undefined, notes: DraftNotes): string {
  const reaches = services.filter((service) => service.containers.some((container) => container.connections.some(({ instance }) => connections.some((own) => own.instance === instance))));
  const released = (task: FoundTask) => rank(task, repository) === 1;
  const [chosen] = [...reaches.filter(released), ...reaches, ...services.filter(released), ...services];
  notes.guess('migration.networkOf', reaches.includes(chosen!) ? 'it reaches the same instance: the task gets its subnets and security groups' : 'the task gets its subnets and security groups: they have to lead to the database');
  return chosen!.name;
}
