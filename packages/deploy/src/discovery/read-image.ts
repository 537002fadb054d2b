import { okAsync, type ResultAsync } from 'neverthrow';
import { describeImage } from '../aws/ecr.js';
import { missingIsNull } from '../aws/map-error.js';
import type { Environment } from '../environment/environment.js';
import type { AwsError } from '../errors.js';
import type { FoundContainer } from './account.js';
import { privateImage } from './private-image.js';

export type ReadImage = (reference: string) => ResultAsync<FoundContainer['image'], AwsError>;

/** Asks for each image once: many services may run the same. An image that is gone has no tags, and one of elsewhere is nobody's business here. */
export function imageReader(env: Environment, accountId: string): ReadImage {
  const asked = new Map<string, ResultAsync<FoundContainer['image'], AwsError>>();
  const ask = (reference: string): ResultAsync<FoundContainer['image'], AwsError> => {
    const image = privateImage(reference);
    if (image === null || image.accountId !== accountId || image.region !== env.definition.region) return okAsync(null);
    const { repository, tag, digest } = image;
    const by = digest === undefined ? { tag: tag ?? 'latest' } : { digest };
    return missingIsNull(describeImage(env, repository, by)).map((found) => ({ repository, tag, tags: [...(found?.imageTags ?? [])].sort() }));
  };
  return (reference) => {
    const answer = asked.get(reference) ?? ask(reference);
    asked.set(reference, answer);
    return answer;
  };
}
