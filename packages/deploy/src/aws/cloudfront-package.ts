import { ok, err, ResultAsync } from 'neverthrow';
import type { EnvironmentDefinition } from '../environment/definition.js';
import type { InvalidInput } from '../errors.js';
import { missingPackage } from '../optional-package.js';
import { invalidInput } from '../runs/as-run.js';

type CloudFrontPackage = typeof import('@aws-sdk/client-cloudfront');

/** `catch`, because a bundler takes an import that nothing catches for one that has to be there. */
export function loadCloudFront(): Promise<CloudFrontPackage> {
  return import('@aws-sdk/client-cloudfront').catch((thrown: unknown) => {
    throw thrown;
  });
}

/** InvalidInput when the definition has the gate of distributions, and the package that it needs is not there. */
export function requireCloudFront({ maintenance }: EnvironmentDefinition, load: () => Promise<unknown> = loadCloudFront): ResultAsync<void, InvalidInput> {
  if (maintenance.cloudFront === undefined) return new ResultAsync(Promise.resolve(ok(undefined)));
  return ResultAsync.fromPromise(load(), () => missingPackage('maintenance.cloudFront', '@aws-sdk/client-cloudfront')).andThen(() => ok(undefined)).orElse((problem) => err(invalidInput('connect', [problem])));
}
