import { blueprintProblems } from './check-blueprint.js';
import { checkFault } from './faults.js';
import { checkPolicy } from './iam/policy.js';
import type { LocalCloudOptions } from './local-cloud.js';

const known = {
  blueprint: true,
  images: true,
  profile: true,
  hosts: true,
  clock: true,
  scale: true,
  seed: true,
  faults: true,
  iam: true,
  http: true,
  onCrashCaller: true,
  startAt: true,
} satisfies Record<keyof LocalCloudOptions, true>;

/** Throws when this is not what `startLocalCloud` is told: a misspelt option would be taken for its default. */
export function checkOptions(options: unknown): asserts options is LocalCloudOptions {
  const given = (options ?? {}) as Partial<LocalCloudOptions>;
  if (typeof given.blueprint !== 'object' || given.blueprint === null) throw new Error('startLocalCloud: expected { blueprint }, which says what exists in the account, got none.');
  const problems = blueprintProblems(given.blueprint);
  if (problems.length > 0) throw new Error(`startLocalCloud: blueprint.${problems.join('; blueprint.')}.`);
  const unknown = Object.keys(given).filter((name) => !(name in known));
  if (unknown.length > 0) throw new Error(`startLocalCloud: unknown option ${unknown.join(', ')}; known are ${Object.keys(known).join(', ')}.`);
  if (given.iam !== undefined) checkPolicy(given.iam?.policy);
  for (const fault of given.faults ?? []) checkFault(fault);
}
