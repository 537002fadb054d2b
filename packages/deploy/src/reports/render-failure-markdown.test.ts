import { test } from '@fast-check/vitest';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderFailureMarkdown } from './render-failure-markdown.js';

const situation = { step: 'deploy-core', state: 'db-only', maintenance: 'on', schema: 'migrated', left: 'hold', restorePoint: 'shop-1', nextActions: [{ text: 'Once the cause is gone, continue', command: 'release --resume r1' }] } as const;

/** A failed deployment in which one text of others comes everywhere. */
const failureOf = (text: string) => ({
  kind: 'DeploymentFailed',
  message: text,
  remedy: text,
  runId: 'r1',
  situation,
  diagnosis: {
    stoppedTasks: [{ taskArn: 'arn:aws:ecs:eu-central-1:1:task/shop/abc', stoppedReason: text, exitCodes: { web: 137, proxy: null } }],
    targetHealth: [{ target: '10.0.0.1:3000', state: 'unhealthy', reason: text }],
    events: [text],
    lastLines: [text],
  },
});

describe('renderFailureMarkdown', () => {
  it('tells a failed deployment as one bundle, where that leaves the environment, and what to do', () => {
    expect(renderFailureMarkdown({ ...failureOf('gone'), message: 'web does not come up', remedy: 'Read the lines.' })).toBe(`### DeploymentFailed in deploy-core

web does not come up

#### Stopped tasks

| task | reason | exit codes |
| --- | --- | --- |
| abc | gone | web exited with 137; proxy without an exit code |

#### Targets

| target | state | reason |
| --- | --- | --- |
| 10.0.0.1:3000 | unhealthy | gone |

#### The service's last events, newest first

\`\`\`text
gone
\`\`\`

#### Last lines of its tasks

\`\`\`text
gone
\`\`\`

#### Where things stand

|  |  |
| --- | --- |
| run | r1 |
| environment | db-only; held as it is: nothing else starts, migrates or opens it |
| maintenance | on |
| schema | migrated |
| restore point | shop-1 |

#### What to do

Read the lines.

#### Next

Once the cause is gone, continue:

\`\`\`text
release --resume r1
\`\`\`
`);
  });

  it('tells a failed migration with its lines and the database’s, and failed checks with their remedies', () => {
    const text = renderFailureMarkdown({ message: 'm', remedy: 'all of them', lastLines: ['applying'], databaseErrors: ['ERROR:  no'], checks: [{ name: 'core', group: 'images', status: 'failed', detail: 'not there', remedy: 'push it' }] });
    expect(text).toContain('| images, core | not there | push it |');
    expect(text).toContain("#### The database's own errors\n\n```text\nERROR:  no\n```");
    expect(text).not.toContain('all of them');
  });

  it('hides what has the shape of a secret', () => {
    const text = renderFailureMarkdown(failureOf('cannot reach postgresql://keeper:hunter-two@db/shop with AKIAABCDEFGHIJKLMNOP'));
    expect(text).not.toMatch(/hunter|AKIA/);
  });

  it('hides it in what was thrown too', () => {
    const text = renderFailureMarkdown(Object.assign(new Error('cannot reach postgresql://keeper:hunter-two@db/shop'), { kind: 'Unexpected', remedy: 'Not with AKIAABCDEFGHIJKLMNOP.' }));
    expect(text).toContain('### Unexpected\n\ncannot reach');
    expect(text).not.toMatch(/hunter|AKIA/);
  });

  it('mentions nobody, links nowhere, and is no HTML', () => {
    const text = renderFailureMarkdown({ message: '@octocat <img src=x> [a](https://b.test) ![c](d) shop@sha256:1' });
    expect(text).toBe('### Failed\n\n@\u200Boctocat \\<img src=x\\> \\[a\\](https:\u200B//b.test) !\\[c\\](d) shop@sha256:1\n');
  });

  it('leaves nothing that GitHub would make a link of by itself', () => {
    const text = renderFailureMarkdown({ message: 'see https://a.test/x, FTP://a.test, www.a.test and mailto:anna.b+c@shop.test, not awww.a or shop@sha256:1', nextActions: [] } as never);
    expect(text).toBe('### Failed\n\nsee https:\u200B//a.test/x, FTP:\u200B//a.test, www\u200B.a.test and mailto:\u200Banna.b+c\u200B@shop.test, not awww.a or shop@sha256:1\n');
  });

  test.prop([fc.string({ unit: fc.constantFrom('`', '\n', '|', '#', '\\', '~', ' ', '-', 'a', '1', '.', '<', '\r', '\u2028'), minLength: 1 })])('has the same headings, rows and fences, whatever others say', (text) => {
    const shape = (markdown: string) => {
      let open: string | null = null;
      const outside = markdown.split('\n').filter((line) => {
        const ticks = /^`{3,}/.exec(line)?.[0] ?? null;
        if (open === null) open = ticks;
        else if (ticks !== null && line === open) open = null;
        return open === null && ticks === null;
      });
      const cells = outside.filter((line) => line.startsWith('|')).map((line) => line.replace(/\\./g, '').split('|').length);
      return { open, headings: outside.filter((line) => line.startsWith('#')), cells };
    };
    expect(shape(renderFailureMarkdown(failureOf(text)))).toEqual(shape(renderFailureMarkdown(failureOf('gone'))));
  });
});
