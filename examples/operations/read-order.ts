import {
  applyMigration,
  deployWithMigration,
  deployWithoutMigration,
  type Environment,
  type EnvironmentDefinition,
  failure,
  ok,
  releaseHold,
  reopen,
  restoreDb,
  type Result,
  type ResultAsync,
  rollBack,
  type ScriptError,
  type StateName,
  transitionTo,
} from '@graasp/deploy';
import { graaspDev, graaspProduction, graaspStage } from '../environments/graasp-definition.js';
import { continueRun } from '../guide/continue-run.js';

/** What a workflow asks for. */
export interface Order {
  /** As the workflows' inputs call it. */
  readonly environment: string;
  readonly definition: EnvironmentDefinition;
  /** Where runs are kept. */
  readonly bucket: string;
  operate(env: Environment): ResultAsync<unknown, ScriptError>;
}

type Variables = Readonly<Record<string, string | undefined>>;
type Operation = (env: Environment, inputs: Inputs) => ResultAsync<unknown, ScriptError>;

/** Versions, states and identifiers are looked at by the library: it says what is wrong with them before it asks AWS anything. */
type Inputs = ReturnType<typeof inputsOf>;

const definitions: Readonly<Record<string, EnvironmentDefinition>> = { dev: graaspDev, stage: graaspStage, prod: graaspProduction };

const operations: Readonly<Record<string, Operation>> = {
  'change-state': (env, { state }) => transitionTo(env, state as StateName),
  start: (env) => transitionTo(env, 'running'),
  stop: (env) => transitionTo(env, 'stopped'),
  'apply-migration': (env, { version }) => applyMigration(env, { version }),
  'deploy-core': (env, { version, state }) => deployWithoutMigration(env, { version, to: state as 'running' | 'restricted' }),
  'deploy-with-migration': (env, { version, letIn }) => deployWithMigration(env, { version, reopen: letIn as 'manual' | 'when-verified' }),
  restore: (env, { confirm, snapshot, lostWrites }) => restoreDb(env, { ...(confirm === '' ? {} : { confirm }), from: { snapshotId: snapshot }, acceptLostWrites: lostWrites === 'accept' }),
  'roll-back': (env, { version }) => rollBack(env, { to: version }),
  resume: (env, { run }) => continueRun(env, run),
  'retry-migration': (env, { run }) => continueRun(env, run, { retryMigration: true }),
  reopen: (env, { run }) => reopen(env, { run }),
  'release-hold': (env, { run, reason }) => releaseHold(env, { run, reason }),
};

/** Reads what a workflow asks for from the variables that it sets; every problem with them at once. A run to be continued comes before anything else. */
export function readOrder(variables: Variables): Result<Order, ScriptError> {
  const inputs = inputsOf(variables);
  const { environment, bucket, role, resume } = inputs;
  const name = resume === '' ? inputs.operation : 'resume';
  const [definition, operation] = [definitions[environment], operations[name]];
  if (definition === undefined || operation === undefined || bucket === '' || role === '') {
    const problems = [
      ...(definition === undefined ? [`ENVIRONMENT: expected ${Object.keys(definitions).join(', ')}, got ${JSON.stringify(environment)}`] : []),
      ...(operation === undefined ? [`OPERATION: expected ${Object.keys(operations).join(', ')}, got ${JSON.stringify(name)}`] : []),
      ...(bucket === '' ? ['RUNS_BUCKET: expected the bucket in which runs are kept, got nothing'] : []),
      ...(role === '' ? ['RELEASE_ROLE: expected the ARN of the role that jobs take, got nothing'] : []),
    ];
    return failure('WrongOrder', { message: problems.join('; '), remedy: 'Correct the inputs of the workflow, and the variables of the environment in the settings of the repository.' });
  }
  return ok({ environment, definition, bucket, operate: (env) => operation(env, { ...inputs, run: resume === '' ? inputs.run : resume }) });
}

function inputsOf(variables: Variables) {
  const of = (name: string): string => variables[name] ?? '';
  return {
    operation: of('OPERATION'),
    environment: of('ENVIRONMENT'),
    bucket: of('RUNS_BUCKET'),
    role: of('RELEASE_ROLE'),
    version: of('VERSION'),
    state: of('STATE'),
    letIn: of('REOPEN'),
    confirm: of('CONFIRM'),
    snapshot: of('SNAPSHOT'),
    lostWrites: of('LOST_WRITES'),
    run: of('RUN'),
    reason: of('REASON'),
    resume: of('RESUME'),
  };
}
