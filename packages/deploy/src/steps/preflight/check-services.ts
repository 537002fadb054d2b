import { ok, ResultAsync, safeTry } from 'neverthrow';
import type { Service } from '../../aws/ecs.js';
import type { Environment } from '../../environment/environment.js';
import type { PreflightCheck, RunStoreFailed } from '../../errors.js';
import { readSchema } from '../../runs/schema-record.js';
import { compareVersions } from '../../runs/compare-versions.js';
import { lookAtSchema } from '../run-migration/refuse-unknown-schema.js';
import { versionOf } from '../version-in-use.js';
import { markedVersion } from '../version-tag.js';
import { checksOf, found, type PreflightError } from './check.js';
import type { Question } from './question.js';

const { ok: right, skip, warning, failed } = checksOf('services');
const runningVersionOf = 'running version of ';

/** Which versions run now, none of them newer, and that nobody is deploying. */
export function checkServices(env: Environment, { purpose, version, retryMigration, reads }: Question): ResultAsync<readonly PreflightCheck[], PreflightError> {
  return safeTry(async function* () {
    const read = yield* found('services', 'services', reads.services());
    if (read.isErr()) return ok([read.error]);
    const services = read.value;
    const released = services.filter(({ serviceName }) => env.definition.services[serviceName!]?.release !== undefined);
    const running = yield* ResultAsync.combine(released.map((service) => checkRunning(env, service, { version, reads })));
    const unclaimed = released.length === 0 ? [skip('running versions', 'no service has a release image')] : [];
    const schema = yield* checkSchema(env, version, retryMigration || purpose === 'transition');
    return ok([...unclaimed, ...running, schema, deploymentsCheck(services), tasksCheck(services)]);
  });
}

/** What cannot be read is told once, with the definition and the images. */
function checkRunning(env: Environment, service: Service, { version, reads }: Pick<Question, 'version' | 'reads'>): ResultAsync<PreflightCheck, PreflightError> {
  const name = service.serviceName!;
  const check = `${runningVersionOf}${name}`;
  const asked = ResultAsync.combine([reads.taskDefinition(service.taskDefinition!), reads.imagesInUse(service)]);
  return found('services', check, asked).map((answer) => {
    if (answer.isErr()) return skip(check, 'its task definition or images could not be read');
    const [definition, inUse] = answer.value;
    const released = Object.keys(env.definition.services[name]!.release!);
    const images = (definition.containerDefinitions ?? []).filter((container) => released.includes(container.name ?? '')).map((container) => `${container.name} ${container.image?.split('/').at(-1)}`);
    const running = markedVersion(definition, released) ?? versionOf(inUse);
    return judgeRunning(check, { running, version, what: `${definition.family}:${definition.revision} with ${images.join(', ') || 'no released container'}` });
  });
}

/** `running`: null when nothing tells it. */
function judgeRunning(check: string, { running, version, what }: { readonly running: string | null; readonly version: string | null; readonly what: string }): PreflightCheck {
  if (running === null) return right(check, what);
  if (version === null) return right(check, `${running}: ${what}`);
  const difference = compareVersions(version, running);
  if (difference > 0) return right(check, `${running}: ${what}`);
  if (difference === 0) return warning(check, `${running} is what runs now: ${what}`, 'See that it is the version that is meant: this release deploys nothing new.');
  return failed(check, `${running} runs now, which is newer: ${what}`, `Release ${running} or a later version. To go back to ${version}, use rollBack.`);
}

function checkSchema(env: Environment, version: string | null, unknownFits: boolean): ResultAsync<PreflightCheck, RunStoreFailed> {
  return readSchema(env).map((schema) => {
    if (schema === null) return right('schema', 'no migration is known of');
    const made = `${schema.outcome === 'migrated' ? 'was migrated to' : 'may have been changed by a migration to'} ${schema.version} (${schema.at})`;
    if (version !== null && compareVersions(version, schema.version) < 0) return failed('schema', `${made}, which is newer`, `Release ${schema.version} or a later version, or restore the database.`);
    if (schema.outcome === 'unknown' && !unknownFits) return failed('schema', made, lookAtSchema);
    return right('schema', made);
  });
}

function deploymentsCheck(services: readonly Service[]): PreflightCheck {
  const deploying = services.filter(({ deployments = [] }) => deployments.length > 1 || deployments.some(({ rolloutState }) => rolloutState === 'IN_PROGRESS'));
  const names = deploying.map(({ serviceName }) => serviceName).join(', ');
  if (deploying.length === 0) return right('deployments', 'none in progress');
  return failed('deployments', `in progress: ${names}`, 'Wait until they are complete, or find out why they are not.');
}

function tasksCheck(services: readonly Service[]): PreflightCheck {
  const short = services.filter(({ desiredCount = 0, runningCount = 0 }) => runningCount < desiredCount);
  if (short.length === 0) return right('tasks', 'every service runs its desired count');
  const detail = short.map(({ serviceName, desiredCount, runningCount }) => `${serviceName} ${runningCount} of ${desiredCount}`).join(', ');
  return warning('tasks', `missing: ${detail}`, 'Find out why they do not run: a release does not heal what is broken before it.');
}

/** service -> the version that it was found on, as the checks above tell it; without those of which nothing told it. */
export function versionsFound(checks: readonly Pick<PreflightCheck, 'name' | 'detail'>[]): Readonly<Record<string, string>> {
  const told = checks.filter(({ name }) => name.startsWith(runningVersionOf)).map(({ name, detail }) => [name.slice(runningVersionOf.length), /^v\d[^\s:]*/.exec(detail)?.[0]] as const);
  return Object.fromEntries(told.filter((one): one is readonly [string, string] => one[1] !== undefined));
}
