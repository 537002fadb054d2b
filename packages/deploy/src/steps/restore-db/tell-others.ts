import type { Environment } from '../../environment/environment.js';
import type { RestoredDatabase } from './consequences.js';
import type { RestoreTarget } from './restore-target.js';
import type { SetAside } from './set-aside.js';

/** What the infrastructure's code must be told, as lines for a shell or a person: its state still names the instance that was set aside. */
export function infrastructureHints(env: Environment, target: RestoreTarget, aside: SetAside): readonly string[] {
  const { database } = env.definition;
  return [
    `# ${database} is another instance now; Terraform and OpenTofu know the one before by its resource id (${target.present.resourceId}), and would rename or change that. Before the next apply, with ADDRESS the resource's address (aws_db_instance.…):`,
    'terraform state rm ADDRESS',
    `terraform import ADDRESS ${database}`,
    `# CloudFormation: take the instance out of its stack with DeletionPolicy: Retain, then import ${database} ("Import AWS resources into a CloudFormation stack").`,
    `# ${aside.identifier} is in no state: it costs until it is deleted, once nobody needs what it holds.`,
  ];
}

/**
 * How databases of services that were not released come back from the instance that was set aside, with what was written to them since. Each is
 * dropped and made anew: into what is there, a table that was dropped since would stay, or keep others from being replaced.
 */
export function bringOverCommands(env: Environment, databases: readonly RestoredDatabase[], target: RestoreTarget, aside: SetAside): readonly string[] {
  const { services, migration } = env.definition;
  const released = new Set(Object.entries(services).flatMap(([name, { release }]) => (release === undefined ? [] : [name])));
  const isReleased = ({ usedBy }: RestoredDatabase) => usedBy.some((name) => released.has(name)) || (usedBy.length === 0 && migration !== undefined);
  const others = databases.filter((database) => !isReleased(database));
  if (others.length === 0) return [];
  const port = target.configuration.port ?? 5432;
  const on = (host: string) => `--host=${host} --port=${port} --username=${target.present.masterUsername}`;
  return [
    `# From a machine in the VPC, with PostgreSQL's client programs of the server's version or later, while nothing uses these databases; both lines of one can be run again. First let that machine in:`,
    `aws rds modify-db-instance --region ${env.definition.region} --db-instance-identifier ${aside.identifier} --apply-immediately --vpc-security-group-ids GROUP-OF-THAT-MACHINE`,
    ...others.flatMap(({ database }) => [
      `pg_dump --format=custom ${on(aside.endpoint)} --file=${quoted(`${database}.dump`)} ${quoted(database)}`,
      `pg_restore --create --clean --if-exists --exit-on-error ${on(target.present.endpoint)} --dbname=postgres ${quoted(`${database}.dump`)}`,
    ]),
  ];
}

/** For a shell, where it needs that: PostgreSQL takes any name for a database. */
function quoted(word: string): string {
  return /^[\w.][\w.-]*$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
