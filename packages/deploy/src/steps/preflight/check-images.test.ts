import { describe, expect, it } from 'vitest';
import { testEnvironment } from '../../environment/environment.fixture.js';
import type { ImageInUse } from '../version-in-use.js';
import { checkImages } from './check-images.js';
import { question } from './question.fixture.js';

const digest = 'sha256:1';
const services = [{ serviceName: 'graasp', taskDefinition: 'graasp:7' }];
const definitions = { 'graasp:7': { family: 'graasp', revision: 7, tags: [] } };

async function running(found: Partial<ImageInUse>) {
  const images = [{ container: 'core', image: { digest }, inRepository: true, version: null, ...found }];
  return (await checkImages(testEnvironment(), question({ services, definitions, images }, { purpose: 'transition', version: null })))._unsafeUnwrap().at(-1);
}

describe('checkImages', () => {
  it('tells that what runs can be gone back to by the tag of its version', async () => {
    expect(await running({ version: 'v1.54.7' })).toEqual({ group: 'images', name: 'running core of graasp', status: 'ok', detail: `graasp@${digest} is core-v1.54.7` });
  });

  it('warns of an image in use that no version’s tag keeps, or that is gone', async () => {
    expect(await running({})).toMatchObject({
      status: 'warning',
      detail: `graasp@${digest} has no version's tag: a rule that cleans up the repository may remove it`,
      remedy: "Give it its version's tag (core-{version}) before the release: it is what is gone back to.",
    });
    expect(await running({ image: { tag: 'core-latest' }, inRepository: false })).toMatchObject({ status: 'warning', detail: 'graasp:core-latest is no longer in the repository: no task of it could start', remedy: 'Push that version again, or know that there is no way back to it.' });
  });

  it('has nothing to say of an image of another repository, or of services that cannot be read', async () => {
    expect(await running({ image: null })).toMatchObject({ status: 'skip', detail: 'it is not on an image of graasp' });
    expect((await checkImages(testEnvironment(), question({ services: null })))._unsafeUnwrap()).toEqual([{ group: 'images', name: 'images', status: 'skip', detail: 'the services could not be read' }]);
    expect((await checkImages(testEnvironment(), question({ services }, { version: null })))._unsafeUnwrap()).toMatchObject([{ status: 'skip', detail: 'no version is released' }]);
  });
});
