import type { ContainerDefinition } from '../aws/ecs.js';
import type { DBInstance } from '../aws/rds.js';
import type { FoundConnection } from './account.js';

/** Which instances a container's variables and secrets name, and which databases of them. Of values nothing else is kept: they may be secret. */
export function connectionsOf({ environment = [], secrets = [] }: ContainerDefinition, instances: readonly DBInstance[]): readonly FoundConnection[] {
  return instances.flatMap(({ DBInstanceIdentifier: instance = '', Endpoint }) => {
    const address = Endpoint?.Address;
    const byValue = environment.flatMap(({ name: by = '', value = '' }) =>
      address === undefined || !names(value, address) ? [] : [{ instance, database: databaseIn(value, address) ?? databaseNamed(environment), by }],
    );
    const bySecret = secrets.filter(({ valueFrom = '' }) => names(valueFrom, instance)).map(({ name: by = '' }) => ({ instance, database: databaseNamed(environment), by }));
    return [...byValue, ...bySecret];
  });
}

/** As a whole: `shop` is not in `web-shop`. A secret's ARN ends in a hyphen and six characters. */
function names(text: string, name: string): boolean {
  const literal = name.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  return new RegExp(`(^|[^A-Za-z0-9-])${literal}(-[A-Za-z0-9]{6})?($|[^A-Za-z0-9-])`).test(text);
}

/** Names of secrets that sound like a database's: `DB_PASSWORD`, `DATABASE_URL`, `PGPASSWORD`. */
export function databaseSecretsOf({ secrets = [] }: ContainerDefinition): readonly string[] {
  return secrets.map(({ name = '' }) => name).filter((name) => /(^|_)(DB|DATABASE|PG|POSTGRES|POSTGRESQL|SQL|RDS)(_|$)|^PG/i.test(name));
}

const databaseName = /^[A-Za-z_][A-Za-z0-9_-]{0,62}$/;

/** `postgresql://user:password@ADDRESS:5432/shop` -> `shop` */
function databaseIn(value: string, address: string): string | undefined {
  const after = value.slice(value.indexOf(address) + address.length);
  const [, name] = /^(?::\d+)?\/([^/?#\s]+)/.exec(after) ?? [];
  return name !== undefined && databaseName.test(name) ? name : undefined;
}

/** Of a variable by itself: `DB_NAME`, `PGDATABASE`, `POSTGRES_DB`. */
function databaseNamed(environment: NonNullable<ContainerDefinition['environment']>): string | undefined {
  const named = environment.find(({ name = '', value = '' }) => /^(.*_)?(DB|DATABASE)_?NAME$|^PGDATABASE$|^POSTGRES_DB$/i.test(name) && databaseName.test(value));
  return named?.value;
}
