import { okAsync, type ResultAsync } from 'neverthrow';
import type { EnvironmentDefinition } from '../environment/definition.js';
import type { InRun, RunError } from '../errors.js';
import type { Run } from '../runs/run-steps.js';
import { promoteImage, type PromoteImageError, type PromoteImageOptions, type PromoteImageReport } from '../steps/promote-image.js';

/** Where the definition says where images are published. */
export function promotes({ images }: EnvironmentDefinition): boolean {
  return images?.source !== undefined;
}

/** Brings the version's images into the private repository while visitors are still there; no step where the definition names no source. */
export function promoteFirst(run: Run, options: PromoteImageOptions): ResultAsync<PromoteImageReport | null, InRun<PromoteImageError | RunError>> {
  if (!promotes(run.definition)) return okAsync(null);
  return run.step<PromoteImageReport, PromoteImageError>('promote-image', (env) => promoteImage(env, options));
}
