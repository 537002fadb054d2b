import { DescribeTasksCommand, ListTasksCommand, RegisterTaskDefinitionCommand, RunTaskCommand, type RunTaskCommandInput, StopTaskCommand, type Task } from '@aws-sdk/client-ecs';
import { GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { afterEach, describe, expect, it } from 'vitest';
import type { LocalCloud, LocalCloudOptions } from '../../local-cloud.js';
import { clientsOf, eventually, network, startSmallCloud } from '../../test-cloud.js';

let cloud: LocalCloud;
afterEach(() => cloud.stop());

async function start(options: Partial<LocalCloudOptions> = {}) {
  cloud = await startSmallCloud(options);
  return clientsOf(cloud);
}

const migrate: RunTaskCommandInput = { cluster: 'small', taskDefinition: 'migrate', launchType: 'FARGATE', networkConfiguration: network };

async function run(input: Partial<RunTaskCommandInput> = {}): Promise<string> {
  const { tasks } = await clientsOf(cloud).ecs.send(new RunTaskCommand({ ...migrate, ...input }));
  return tasks?.[0]?.taskArn ?? '';
}

async function describeTask(arn: string): Promise<Task | undefined> {
  const { tasks } = await clientsOf(cloud).ecs.send(new DescribeTasksCommand({ cluster: 'small', tasks: [arn] }));
  return tasks?.[0];
}

const stopped = (arn: string) =>
  eventually(cloud, async () => {
    const task = await describeTask(arn);
    return task?.lastStatus === 'STOPPED' ? task : undefined;
  }, 2_000);

describe('RunTask', () => {
  it('leads a task through every status to its exit code', async () => {
    await start();
    const arn = await run();
    const seen = new Set<string>();
    const task = await eventually(
      cloud,
      async () => {
        const now = await describeTask(arn);
        seen.add(now?.lastStatus ?? '');
        return now?.lastStatus === 'STOPPED' ? now : undefined;
      },
      1_000,
    );
    expect([...seen]).toEqual(['PROVISIONING', 'PENDING', 'RUNNING', 'DEPROVISIONING', 'STOPPED']);
    expect(task).toMatchObject({ stopCode: 'EssentialContainerExited', stoppedReason: 'Essential container in task exited', containers: [{ exitCode: 0, lastStatus: 'STOPPED' }] });
    expect(task.containers?.[0]?.imageDigest).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(cloud.inspect.database()?.model).toMatchObject({ schema: 'two', appliedMigrations: [{ from: 'one', to: 'two' }] });
  });

  it('writes what the container prints into the stream prefix/container/task id', async () => {
    const { logs } = await start();
    const task = await stopped(await run());
    await cloud.clock.sleep(5_000);
    const logStreamName = `ecs/migrate/${task.taskArn?.split('/').at(-1) ?? ''}`;
    const { events } = await logs.send(new GetLogEventsCommand({ logGroupName: '/ecs/migrate', logStreamName, startFromHead: true }));
    expect(events?.map((event) => event.message)).toEqual(['applying migrations...', '[✓] migrations applied successfully!']);
  });

  it('forgets a stopped task after an hour', async () => {
    const { ecs } = await start();
    const arn = await run();
    await stopped(arn);
    await cloud.clock.sleep(3_600_000);
    expect(await ecs.send(new DescribeTasksCommand({ cluster: 'small', tasks: [arn] }))).toMatchObject({ tasks: [], failures: [{ arn, reason: 'MISSING' }] });
    expect(cloud.inspect.tasks().find((task) => task.arn === arn)).toMatchObject({ lastStatus: 'STOPPED', containers: [{ exitCode: 0 }] });
  });

  it('answers 200 with a failure when there is no capacity', async () => {
    const { ecs } = await start({ faults: [{ kind: 'task', family: 'migrate', what: 'no-capacity' }] });
    expect(await ecs.send(new RunTaskCommand(migrate))).toMatchObject({
      tasks: [],
      failures: [{ reason: 'Capacity is unavailable at this time. Please try again later or in a different availability zone' }],
    });
    expect(await run()).toContain(':task/small/');
  });

  it('answers a repeated token with the first task, and refuses it with other parameters', async () => {
    const { ecs } = await start();
    const first = await run({ clientToken: 'once' });
    expect(await run({ clientToken: 'once' })).toBe(first);
    await expect(ecs.send(new RunTaskCommand({ ...migrate, clientToken: 'once', count: 2 }))).rejects.toMatchObject({ name: 'ConflictException', resourceIds: [first] });
  });

  it('answers a token of a stopped task with no more than its status, and runs again once the task is forgotten', async () => {
    const { ecs } = await start();
    const first = await run({ clientToken: 'once' });
    await stopped(first);
    const replay = await ecs.send(new RunTaskCommand({ ...migrate, clientToken: 'once' }));
    expect(replay.tasks).toEqual([{ taskArn: first, lastStatus: 'STOPPED', desiredStatus: 'STOPPED' }]);
    await cloud.clock.sleep(3_600_000);
    expect(await run({ clientToken: 'once' })).not.toBe(first);
  });

  it('needs a network', async () => {
    const { ecs } = await start();
    await expect(ecs.send(new RunTaskCommand({ ...migrate, networkConfiguration: undefined }))).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message: "Network Configuration must be provided when networkMode 'awsvpc' is specified.",
    });
  });

  it('runs the command of an override', async () => {
    const { logs } = await start();
    const task = await stopped(await run({ overrides: { containerOverrides: [{ name: 'migrate', command: ['show', 'status'] }] } }));
    await cloud.clock.sleep(5_000);
    const { events } = await logs.send(new GetLogEventsCommand({ logGroupName: '/ecs/migrate', logStreamName: `ecs/migrate/${task.taskArn?.split('/').at(-1) ?? ''}`, startFromHead: true }));
    expect(events?.map((event) => event.message)).toEqual(['one']);
  });
});

describe('a task that does not do what it should', () => {
  it('says why a migration without a database fails', async () => {
    const { ecs, logs } = await start();
    cloud.pushImage({ reference: 'shop:lost', model: { kind: 'migration', from: 'one', to: 'two', seconds: 5 } });
    const container = { name: 'lost', image: `123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop:lost`, logConfiguration: { logDriver: 'awslogs' as const, options: { 'awslogs-group': '/ecs/migrate', 'awslogs-stream-prefix': 'ecs' } } };
    await ecs.send(new RegisterTaskDefinitionCommand({ family: 'lost', networkMode: 'awsvpc', cpu: '256', memory: '512', containerDefinitions: [container] }));
    const task = await stopped(await run({ taskDefinition: 'lost' }));
    await cloud.clock.sleep(5_000);
    const { events } = await logs.send(new GetLogEventsCommand({ logGroupName: '/ecs/migrate', logStreamName: `ecs/lost/${task.taskArn?.split('/').at(-1) ?? ''}`, startFromHead: true }));
    expect(events?.map((event) => event.message)).toEqual(['applying migrations...', 'no database: no environment variable names {database:…}']);
    expect(task.containers?.[0]?.exitCode).toBe(1);
  });

  it('has no exit code when its image is not there', async () => {
    await start({ faults: [{ kind: 'task', family: 'migrate', what: 'no-image' }] });
    const task = await stopped(await run());
    expect(task.stopCode).toBe('TaskFailedToStart');
    expect(task.stoppedReason).toMatch(/^CannotPullContainerError: pull image manifest has been retried 5 time\(s\): failed to resolve ref .*shop:migrate-latest: not found$/);
    expect(task.containers?.[0]).not.toHaveProperty('exitCode');
    expect(task).not.toHaveProperty('startedAt');
  });

  it('has no exit code when its image lacks the platform', async () => {
    await start();
    cloud.pushImage({ reference: 'shop:migrate-latest', platforms: ['linux/amd64'] });
    const task = await stopped(await run());
    expect(task.stoppedReason).toBe("CannotPullContainerError: pull image manifest has been retried 1 time(s): image Manifest does not contain descriptor matching platform 'linux/arm64'");
    expect(task.containers?.[0]).not.toHaveProperty('exitCode');
  });

  it('does not start without its log group', async () => {
    const { ecs } = await start();
    const container = { name: 'x', image: 'x', logConfiguration: { logDriver: 'awslogs' as const, options: { 'awslogs-group': '/nowhere', 'awslogs-stream-prefix': 'ecs' } } };
    cloud.pushImage({ reference: 'x' });
    await ecs.send(new RegisterTaskDefinitionCommand({ family: 'x', networkMode: 'awsvpc', cpu: '256', memory: '512', containerDefinitions: [container] }));
    const task = await stopped(await run({ taskDefinition: 'x' }));
    expect(task.stoppedReason).toMatch(/^ResourceInitializationError: .*The specified log group does not exist\./);
  });

  it('says that it was killed for memory', async () => {
    await start({ faults: [{ kind: 'task', family: 'migrate', what: 'out-of-memory', afterMs: 5_000 }] });
    const task = await stopped(await run());
    expect(task.containers?.[0]).toMatchObject({ exitCode: 137, reason: 'OutOfMemoryError: Container killed due to memory usage' });
    expect(cloud.inspect.database()?.model?.schema).toBe('one');
  });

  it('may still commit after it was killed', async () => {
    await start({ faults: [{ kind: 'task', family: 'migrate', what: 'out-of-memory', afterMs: 5_000 }] });
    cloud.pushImage({ reference: 'shop:migrate-latest', model: { kind: 'migration', from: 'one', to: 'two', seconds: 30, commitsAfterKillSeconds: 60 } });
    await stopped(await run());
    expect(cloud.inspect.database()?.model?.schema).toBe('one');
    await cloud.clock.sleep(60_000);
    expect(cloud.inspect.database()?.model?.schema).toBe('two');
  });

  it('exits with the code of the fault, once', async () => {
    await start({ faults: [{ kind: 'task', family: 'migrate', what: 'exit', exitCode: 3 }] });
    expect((await stopped(await run())).containers?.[0]?.exitCode).toBe(3);
    expect((await stopped(await run())).containers?.[0]?.exitCode).toBe(0);
  });

  it('never ends until it is stopped', async () => {
    const { ecs } = await start({ faults: [{ kind: 'task', family: 'migrate', what: 'never-ends' }] });
    const arn = await run({ tags: [{ key: 'run', value: '1' }] });
    await cloud.clock.sleep(1_800_000);
    expect((await describeTask(arn))?.lastStatus).toBe('RUNNING');
    await ecs.send(new StopTaskCommand({ cluster: 'small', task: arn, reason: 'enough' }));
    expect(await stopped(arn)).toMatchObject({ stopCode: 'UserInitiated', stoppedReason: 'enough', containers: [{ exitCode: 143 }], tags: [] });
  });
});

describe('ListTasks', () => {
  it('lists a task that stopped only among those that are wanted stopped', async () => {
    const { ecs } = await start();
    const arn = await run();
    await stopped(arn);
    expect((await ecs.send(new ListTasksCommand({ cluster: 'small', family: 'migrate' }))).taskArns).toEqual([]);
    expect((await ecs.send(new ListTasksCommand({ cluster: 'small', family: 'migrate', desiredStatus: 'STOPPED' }))).taskArns).toEqual([arn]);
  });

  it('refuses startedBy beside another filter', async () => {
    const { ecs } = await start();
    await expect(ecs.send(new ListTasksCommand({ cluster: 'small', family: 'migrate', startedBy: 'me' }))).rejects.toMatchObject({ name: 'InvalidParameterException' });
  });
});
