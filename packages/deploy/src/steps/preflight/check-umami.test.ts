import { describe, expect, it } from 'vitest';
import { definition, testEnvironment } from '../../environment/environment.fixture.js';
import { Redacted } from '../../redacted.js';
import { checkUmami } from './check-umami.js';
import { question } from './question.fixture.js';
import type { Question } from './question.js';

const umami = { url: 'https://umami.test', websiteId: 'site-1', username: 'anna', password: { fromEnv: 'UMAMI_PASSWORD' } };
const credentials = { username: new Redacted('anna'), password: new Redacted('very-secret') };

/** Answers to the login and to the question for active visitors. */
async function look(login: () => Response, active: () => Response = () => Response.json({ visitors: 3 }), changes: Partial<Question> = {}) {
  const fetch: typeof globalThis.fetch = (input) => Promise.resolve((input as string).endsWith('/login') ? login() : active());
  const env = testEnvironment({ definition: { ...definition, umami }, internals: { umami: credentials, fetch } });
  return (await checkUmami(env, question({}, changes)))._unsafeUnwrap();
}

const token = () => Response.json({ token: 'abc' });
const alone = "the balancer's metrics alone would decide whether visitors have left";

describe('checkUmami', () => {
  it('is content when it is let in and shown the website', async () => {
    expect(await look(token)).toEqual([{ group: 'gate', name: 'umami', status: 'ok', detail: 'shows the website: 3 active visitors' }]);
  });

  it('skips it where the definition names none, and where nobody is waited for', async () => {
    expect((await checkUmami(testEnvironment(), question({})))._unsafeUnwrap()).toMatchObject([{ status: 'skip', detail: 'the definition names none: requests alone tell whether visitors have left' }]);
    expect(await look(token, undefined, { purpose: 'transition' })).toMatchObject([{ status: 'skip', detail: 'nothing is migrated' }]);
  });

  it.each([
    ['does not let the user in', () => new Response('', { status: 401 }), token, 'umami.test refuses the login with umami.username and umami.password (401)', 'Correct umami.username, umami.password or umami.websiteId, or let that user see the website.'],
    ['does not show the website', token, () => new Response('', { status: 403 }), 'umami.test does not show website site-1 to umami.username (403)', 'Correct umami.username, umami.password or umami.websiteId, or let that user see the website.'],
    ['is down', () => new Response('', { status: 503 }), token, 'umami.test answers 503', 'Start it, or see that it can be reached from here and that its own rule stays open in maintenance.'],
  ])('warns of one that %s, as it never ends a release', async (_, login, active, problem, remedy) => {
    const checks = await look(login, active);
    expect(checks).toEqual([{ group: 'gate', name: 'umami', status: 'warning', detail: `${problem}; ${alone}`, remedy }]);
    expect(JSON.stringify(checks)).not.toContain('very-secret');
  });
});
