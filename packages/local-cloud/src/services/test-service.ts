import { createBackground } from '../background.js';
import { virtualClock } from '../clock.js';
import type { CloudContext, Operations, Siblings } from '../context.js';
import { createFaults } from '../faults.js';
import { createAuthorizer } from '../iam/authorizer.js';
import type { IamPolicy } from '../iam/policy.js';
import { createModelFront } from '../hosts/model-front.js';
import type { Hosts } from '../hosts/host.js';
import { instantTiming } from '../profiles.js';
import type { Timing } from '../timing.js';
import { createInProcessHandler } from '../wire/in-process.js';
import { createWire, type ServiceName } from '../wire/wire.js';

export const startAt = Date.UTC(2026, 10, 23, 8);

/** For tests: what one service is given, in virtual time, and a client's way to it. `random` makes chance a constant. */
export function testService({ timing, siblings, random, policy }: { readonly timing?: Partial<Timing> | undefined; readonly siblings?: Partial<Siblings> | undefined; readonly random?: number | undefined; readonly policy?: IamPolicy | undefined } = {}) {
  const virtual = virtualClock({ startAt });
  const clock = random === undefined ? virtual.background : { ...virtual.background, random: () => random };
  const background = createBackground();
  const front = createModelFront(clock);
  const context: CloudContext = {
    accountId: '123456789012',
    region: 'eu-central-1',
    clock,
    timing: { ...instantTiming, ...timing },
    faults: createFaults(() => clock.random()),
    authorizer: createAuthorizer('123456789012', policy, { taskRoles: () => [], hasObject: () => false, tagsOf: () => ({}) }),
    hosts: { kind: 'model', front } as unknown as Hosts,
    background: background.run,
    siblings: (siblings ?? {}) as Siblings,
  };
  const configurationFor = (name: ServiceName, operations: Operations) => {
    const wire = createWire({ region: () => ({ [name]: operations }), accountId: context.accountId, clock, faults: context.faults, authorizer: context.authorizer, onDefect: (operation, error) => background.defects.push(`${operation}: ${String(error)}`) });
    return { region: context.region, maxAttempts: 1, credentials: { accessKeyId: 'AKIA', secretAccessKey: 'secret' }, requestHandler: createInProcessHandler(wire, virtual) };
  };
  return { context, clock: virtual, front, background, configurationFor };
}
