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
type Operation = (env: Environment, inputs: Inputs, accepted: object) => ResultAsync<unknown, ScriptError>;

/** Versions, states and identifiers are looked at by the library: it says what is wrong with them before it asks AWS anything. */
type Inputs = ReturnType<typeof inputsOf>;

const definitions: Readonly<Record<string, EnvironmentDefinition>> = { dev: graaspDev, stage: graaspStage, prod: graaspProduction };

const operations: Readonly<Record<string, Operation>> = {
  'change-state': (env, { state }) => transitionTo(env, state as StateName),
  start: (env) => transitionTo(env, 'running'),
  stop: (env) => transitionTo(env, 'stopped'),
  'apply-migration': (env, { version }, accepted) => applyMigration(env, { version, ...accepted }),
  'deploy-core': (env, { version, state }) => deployWithoutMigration(env, { version, to: state as 'running' | 'restricted' }),
  'deploy-with-migration': (env, { version, letIn }, accepted) => deployWithMigration(env, { version, reopen: letIn as 'manual' | 'when-verified', ...accepted }),
  restore: (env, { confirm, snapshot, lostWrites }) => restoreDb(env, { ...(confirm === '' ? {} : { confirm }), from: { snapshotId: snapshot }, acceptLostWrites: lostWrites === 'accept' }),
  'roll-back': (env, { version }, accepted) => rollBack(env, { to: version, ...accepted }),
  resume: (env, { run }, accepted) => continueRun(env, run, accepted),
  'retry-migration': (env, { run }, accepted) => continueRun(env, run, { retryMigration: true, ...accepted }),
  reopen: (env, { run }, accepted) => reopen(env, { run, ...accepted }),
  'release-hold': (env, { run, reason }, accepted) => releaseHold(env, { run, reason, ...accepted }),
};

/** What an error says has to be told, as the workflows offer it. What an operation does not take, the library refuses. */
const accepts: Readonly<Record<string, object>> = {
  nothing: {},
  'retry-migration': { retryMigration: true },
  'old-code-fits': { oldCodeFits: true },
  'allow-other-tasks': { otherTasks: 'allow' },
};

/** Reads what a workflow asks for from the variables that it sets; every problem with them at once. A run to be continued comes before anything else. */
export function readOrder(variables: Variables): Result<Order, ScriptError> {
  const inputs = inputsOf(variables);
  const { environment, bucket, role, resume } = inputs;
  const name = resume === '' ? inputs.operation : 'resume';
  const [definition, operation, accepted] = [definitions[environment], operations[name], accepts[inputs.accept === '' ? 'nothing' : inputs.accept]];
  if (definition === undefined || operation === undefined || accepted === undefined || bucket === '' || role === '') {
    const problems = [
      ...(definition === undefined ? [`ENVIRONMENT: expected ${Object.keys(definitions).join(', ')}, got ${JSON.stringify(environment)}`] : []),
      ...(operation === undefined ? [`OPERATION: expected ${Object.keys(operations).join(', ')}, got ${JSON.stringify(name)}`] : []),
      ...(accepted === undefined ? [`ACCEPT: expected ${Object.keys(accepts).join(', ')}, got ${JSON.stringify(inputs.accept)}`] : []),
      ...(bucket === '' ? ['RUNS_BUCKET: expected the bucket in which runs are kept, got nothing'] : []),
      ...(role === '' ? ['RELEASE_ROLE: expected the ARN of the role that jobs take, got nothing'] : []),
    ];
    return failure('WrongOrder', { message: problems.join('; '), remedy: 'Correct the inputs of the workflow, and the variables of the environment in the settings of the repository.' });
  }
  return ok({ environment, definition, bucket, operate: (env) => operation(env, { ...inputs, run: resume === '' ? inputs.run : resume }, accepted) });
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
    accept: of('ACCEPT'),
    run: of('RUN'),
    reason: of('REASON'),
    resume: of('RESUME'),
  };
}
