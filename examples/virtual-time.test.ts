import { readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { expectAsShown } from './commands.fixture.js';
import { runInProcess } from './script-in-process.fixture.js';

afterEach(() => {
  vi.restoreAllMocks();
});

async function run(script: string, ...args: readonly string[]) {
  const ran = await runInProcess(new URL(script, import.meta.url), ...args);
  await expectAsShown(script, args, ran.out);
  return ran;
}

// a machine that is busy takes its time to import everything
describe('an example', { timeout: 90_000 }, () => {
  it('quickstart.ts releases against a cloud in its own process', async () => {
    const { code, out } = await run('quickstart.ts');
    expect(out).toMatch(/deployWithMigration succeeded in .*: v1\.55\.0 is deployed and the database migrated; visitors are let in/);
    // preflight has warned of the leak: the gate does not do it again
    expect(out.match(/land on rule 8/g)).toHaveLength(1);
    expect(code).toBe(0);
  });

  it('run-report.ts tells a release from its journal as a timeline, and as a page', async () => {
    const page = join(tmpdir(), `run-report-${process.pid}.html`);
    const { code, out } = await run('run-report.ts', '--html', page);
    const html = readFileSync(page, 'utf8');
    rmSync(page);
    expect(out).toMatch(/^deployWithMigration on dev: succeeded\n/);
    expect(out).toMatch(/^visitors kept out {5}\d\d min \d\d s, from 2026-/m);
    expect(out).toMatch(/^restore point {9}graasp-dev-v1-55-0-/m);
    expect(out).toMatch(/^\d\d:\d\d:\d\d {2}\d min \d\d s {2}✓ snapshot-db +█+\n\d\d:\d\d:\d\d {2}\d min \d\d s {6}the snapshot to be available +░+$/m);
    expect(html.match(/<rect class="bar-done"/g)).toHaveLength(10);
    expect(code).toBe(0);
  });

  it('run-report.ts tells it as a timeline alone', async () => {
    const { code, out } = await run('run-report.ts');
    expect(out).toMatch(/✓ gate-off +█+/);
    expect(code).toBe(0);
  });

  it('run-report.ts tells it as JSON', async () => {
    const { code, out } = await run('run-report.ts', '--json');
    expect(JSON.parse(out)).toMatchObject({ outcome: 'succeeded', versions: { deployed: 'v1.55.0', migrated: 'v1.55.0' } });
    expect(code).toBe(0);
  });

  it('run-report.ts says that a page cannot be written', async () => {
    const { code, out } = await run('run-report.ts', '--markdown', '--html', join(tmpdir(), 'no', 'such', 'directory'));
    expect(out).toContain('## deployWithMigration on dev: succeeded');
    expect(stripVTControlCharacters(out)).toContain('Name a file that can be written.');
    expect(code).toBe(1);
  });

  it('warm-snapshot.ts tells what a warm snapshot costs, and takes one before the gate closes', async () => {
    const { code, out } = await run('warm-snapshot.ts');
    expect(out).toMatch(/^the snapshot while visitors are kept out then copies only what changed since; no restore point; Single-AZ: I\/O pauses meanwhile/m);
    expect(out.indexOf('warm-snapshot')).toBeLessThan(out.indexOf('gate-on'));
    expect(out).toMatch(/^restore point (graasp-dev-v1-55-0-\S+); to be deleted when you like: \1-warm$/m);
    expect(code).toBe(0);
  });

  it('change-state.ts tells the plan, and carries it out', async () => {
    const { code, out } = await run('change-state.ts', 'db-only');
    expect(out).toMatch(/^dev: running → db-only, about /);
    expect(out).toContain('rule 56 (association.dev.graasp.org): open → closed');
    expect(out).toContain('redis: contents are lost');
    expect(out).toMatch(/transitionTo succeeded in .*: It is db-only now, and was running/);
    expect(code).toBe(0);
  });

  it('change-state.ts refuses what is no state', async () => {
    const { code, out } = await run('change-state.ts', 'off');
    expect(stripVTControlCharacters(out).replace(/\s+/g, ' ')).toContain("to: expected 'running' or 'restricted' or 'db-only' or 'stopped', got 'off' (string)");
    expect(code).toBe(1);
  });

  it('failed-deployment.ts tells why in one bundle, as JSON and as Markdown', async () => {
    vi.stubEnv('GITHUB_STEP_SUMMARY', undefined);
    const { code, out } = await run('failed-deployment.ts');
    vi.unstubAllEnvs();
    const diagnosis = JSON.parse(out.slice(0, out.indexOf('\n}\n') + 2)) as { readonly stoppedTasks: readonly { readonly stoppedReason: string; readonly exitCodes: object }[]; readonly events: readonly string[] };
    expect(diagnosis.stoppedTasks.length).toBeGreaterThan(2);
    expect(out).toContain('### DeploymentFailed in deploy-core\n');
    expect(out).toMatch(/\| task \| reason \| exit codes \|\n\| --- \| --- \| --- \|\n\| [0-9a-f]{32} \| Essential container in task exited \| .*exited with 1/);
    expect(out).toContain(`#### The service's last events, newest first\n\n\`\`\`text\n${diagnosis.events[0]!}\n`);
    expect(out).not.toContain('only-on-this-machine');
    expect(code).toBe(1);
  });

  it('deploy-without-migration.ts deploys while visitors stay', async () => {
    const { code, out } = await run('deploy-without-migration.ts');
    expect(out).toMatch(/deployWithoutMigration succeeded in .*: v1\.54\.9 is deployed; visitors are let in/);
    expect(out).not.toContain('gate-on');
    expect(code).toBe(0);
  });

  it('apply-migration.ts migrates, and stops in db-only', async () => {
    const { code, out } = await run('apply-migration.ts');
    expect(out).toMatch(/applyMigration succeeded in .*: The database is on v1\.55\.0, snapshot graasp-dev-v1-55-0-\S+; visitors are kept out until a version is deployed/);
    expect(out).toMatch(/^dev is db-only, and stays so until a version is deployed$/m);
    expect(out).not.toContain('deploy-core');
    expect(code).toBe(0);
  });

  it('apply-migration.ts deploys what was migrated to when it is told, and lets visitors in', async () => {
    const { code, out } = await run('apply-migration.ts', '--deploy');
    expect(out).toMatch(/deployWithoutMigration succeeded in .*: v1\.55\.0 is deployed; visitors are let in/);
    expect(code).toBe(0);
  });

  it('apply-migration.ts holds the environment when the migration fails, and tells the ways on', async () => {
    const { code, out } = await run('apply-migration.ts', 'v1.56.0-rc1');
    expect(out).toMatch(/^MigrationFailed in run-migration$/m);
    expect(out).toMatch(/^ {2}schema {9}untouched/m);
    expect(out).toMatch(/^ {4}resume\(env, applyMigration, '\S+', \{ retryMigration: true \}\)$/m);
    expect(out).toMatch(/^ {4}reopen\(env, \{ run: '\S+' \}\)$/m);
    expect(code).toBe(1);
  });

  it('apply-migration.ts does not offer the old version where nothing tells what the migration has left of the schema', async () => {
    const { code, out } = await run('apply-migration.ts', 'v1.56.0-rc1', '--without-status');
    expect(out).toMatch(/^ {2}schema {9}unknown$/m);
    expect(out).toMatch(/^ {4}resume\(env, applyMigration, '\S+', \{ retryMigration: true \}\)$/m);
    expect(out).toMatch(/^ {4}restoreDb\(env, \{ confirm: 'graasp-dev', /m);
    expect(out).not.toContain('reopen(');
    expect(code).toBe(1);
  });

  it('roll-back.ts brings the version before back while visitors stay', async () => {
    const { code, out } = await run('roll-back.ts');
    expect(out).toMatch(/rollBack succeeded in .*: v1\.54\.8 is back; visitors are let in, as they were/);
    expect(out).toMatch(/^graasp was on v1\.54\.9$/m);
    expect(out).not.toContain('gate-on');
    expect(code).toBe(0);
  });

  it('roll-back.ts is refused after a migration, with nothing changed', async () => {
    const { code, out } = await run('roll-back.ts', '--migrated');
    const told = stripVTControlCharacters(out).replace(/\s+/g, ' ');
    expect(told).toContain('Refused in look v1.54.8 is older than the schema, which was migrated to v1.55.0');
    expect(told).not.toContain('rollBack succeeded');
    expect(code).toBe(1);
  });

  it('close-distributions.ts closes what pages load after them, and opens it again', async () => {
    const { code, out } = await run('close-distributions.ts');
    const both = 'distribution E1GRAASPASSETS (assets.dev.graasp.org), distribution E2GRAASPH5P (h5p.dev.graasp.org)';
    expect(out).toContain(`Closed too: ${both}`);
    expect(out).toContain('It is restricted.');
    expect(out).toContain(`Open again: ${both}`);
    expect(code).toBe(0);
  });

  it('nightly-stop.ts stops in the evening, and starts in the morning', async () => {
    const { code, out } = await run('nightly-stop.ts');
    expect(out).toMatch(/transitionTo succeeded in .*: It is stopped now, and was running/);
    expect(out).toMatch(/transitionTo succeeded in .*: It is running now, and was stopped/);
    expect(code).toBe(0);
  });

  it('keep-db-stopped.ts stops on the seventh day what AWS has started, and leaves what was started on purpose', async () => {
    const { code, out } = await run('keep-db-stopped.ts');

    expect(out.match(/^day .*/gm)).toEqual([
      ...[1, 2, 3, 4, 5, 6].map((day) => `day ${day}: left as it is: graasp-dev is stopped already`),
      'day 7: stopped again: graasp-dev ran while everything else in dev was stopped',
      ...[8, 9].map((day) => `day ${day}: left as it is: graasp-dev is stopped already`),
    ]);
    expect(out).toMatch(/^started at graasp-dev\.\S+, and left as it is: graasp-dev was started with startDb at /m);
    expect(code).toBe(0);
  });

  it('s3-run-store.ts finishes from another machine what died on the first', async () => {
    const { code, out } = await run('s3-run-store.ts');
    const [, dead] = /^Run (\S+) \(deployWithMigration of v1\.55\.0, by github-actions run 4711\) stopped without an end: its lock on dev was good until \S+Z\. Nothing was changed\.$/m.exec(out) ?? [];
    expect(dead).toMatch(/^20261123-/);
    expect(out).toContain(`Continue that run (resume(env, deployWithMigration, '${dead}')), or look at the environment and let go of it`);
    expect(out).toMatch(/deployWithMigration succeeded in .*: v1\.55\.0 is deployed and the database migrated; visitors are let in/);
    expect(out).not.toContain('warning: The infrastructure code');
    expect(code).toBe(0);
  });

  it('discover-environment.ts drafts a definition, and counts what a person has to look at', async () => {
    const { code, out } = await run('discover-environment.ts');

    expect(out).toContain("\n      // to review: 'admin' sounds as if it were for staff, who get to it while visitors are kept out; it is at dev.graasp.org\n      role: 'administration',\n");
    expect(out).toMatch(/^\d+ guesses to review, \d+ questions to answer$/m);
    expect(code).toBe(0);
  });

  it('discover-environment.ts refuses a region without a cluster', async () => {
    const { code, out } = await run('discover-environment.ts', '--region', 'eu-central-1');

    expect(stripVTControlCharacters(out).replace(/\s+/g, ' ')).toContain("cluster: expected the name of an ECS cluster, got '' (string)");
    expect(code).toBe(1);
  });

  it('promote-image.ts copies a published version, and keeps what runs', async () => {
    const { code, out } = await run('promote-image.ts');

    expect(out).toMatch(/promoteImage succeeded in .*: core-v1\.57\.0, workers-v1\.57\.0, migrate-v1\.57\.0: [\d.]+ kB copied/);
    expect(out).toMatch(/^migrate-v1\.57\.0 is sha256:[0-9a-f]{12}…, for linux\/amd64 and linux\/arm64$/m);
    expect(out.match(/^(core|workers)-previous is sha256:[0-9a-f]{12}…, which runs now$/gm)).toHaveLength(2);
    expect(code).toBe(0);
  });

  it('preflight.ts tells everything that could stop a release, and ends well when nothing does', async () => {
    const { code, out } = await run('preflight.ts');
    expect(out).toMatch(/^credentials\n {2}OK {6}account: /);
    expect(out).toMatch(/\n {2}WARN {4}leaks: visitors of dev\.graasp\.org\/api\/ \(rule 7\) land on rule 8/);
    expect(out).toMatch(/\d+ checks: \d+ OK, \d+ skipped, 3 to be warned of, 0 failed\n$/);
    expect(code).toBe(0);
  });

  it('preflight.ts tells them, and fails, for a version that has no images', async () => {
    const { code, out } = await run('preflight.ts', 'v9.9.9');
    expect(out).toMatch(/\n {2}FAILED {2}core of graasp: image graasp:core-v9\.9\.9 does not exist/);
    expect(out).toMatch(/3 to be warned of, 3 failed\n/);
    expect(code).toBe(1);
  });

  it('required-permissions.ts prints policies that IAM takes, with ARNs of this environment', async () => {
    const { code, out } = await run('required-permissions.ts');
    expect(out).toMatch(/^deployWithMigration, restoreDb, rollBack, reopen: .* managed polic(y|ies) of [\d and]+ characters \(6,144 each is the most\)$/m);
    expect(out).toContain('"arn:aws:ecs:eu-central-1:123456789012:service/graasp-dev/graasp"');
    expect(out).toContain('"Sid": "AskAboutItself"');
    expect(code).toBe(0);
  });

  it('required-permissions.ts gives who may only look nothing that changes something, nor lets it ask IAM', async () => {
    const { code, out } = await run('required-permissions.ts', 'readState', 'planTransition', 'preflight', 'plan');
    const actions = [...out.matchAll(/^ {8}"([a-z0-9-]+:[A-Z]\w+)"/gm)].map(([, action = '']) => action);
    expect(actions).toContain('ecs:DescribeServices');
    expect(actions.filter((action) => !/:(Describe|Get|List|BatchGet|BatchCheck|TestFunction)/.test(action))).toEqual([]);
    expect(code).toBe(0);
  });

  it('required-permissions.ts refuses what is no recipe', async () => {
    const { code, out } = await run('required-permissions.ts', 'deployEverything');
    expect(stripVTControlCharacters(out).replace(/\s+/g, ' ')).toContain("got 'deployEverything' (string)");
    expect(code).toBe(1);
  });

  it('restore.ts brings database and code back when a migrated release does not come up, and lets visitors in', async () => {
    const { code, out } = await run('restore.ts');
    expect(out).toMatch(/^a restore takes \d+ minutes, and two renames$/m);
    expect(out).toMatch(/^next: Bring the database back to graasp-dev-v1-55-0-\S+, for the old version: what was written since is in the instance set aside alone: restoreDb\(env, \{ confirm: 'graasp-dev', from: \{ snapshotId: 'graasp-dev-v1-55-0-/m);
    expect(out).toMatch(/^restoring graasp-dev was not confirmed\. Visitors would be kept out/m);
    expect(out).toMatch(/restoreDb succeeded in .*: graasp-dev is back at 2026-/);
    expect(out).toMatch(/^terraform import ADDRESS graasp-dev$/m);
    expect(out).toMatch(/^pg_dump --format=custom --host=graasp-dev-before-\S+ --port=5432 --username=\S+ --file=umami\.dump umami$/m);
    expect(out).toMatch(/rollBack succeeded in .*: v1\.54\.8 is back; visitors are kept out, as they were/);
    expect(out).toMatch(/reopen succeeded in .*: What was found is back, and visitors are let in/);
    expect(out).toMatch(/^1 of 2 snapshots would be deleted with apply: true$/m);
    expect(code).toBe(0);
  });

  it('reporters.ts tells each event as JSON, and a webhook the few that people want to hear of', async () => {
    const { code, out } = await run('reporters.ts');
    const events = out.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as { readonly type: string; readonly environment: string }] : []));
    expect(events[0]).toMatchObject({ type: 'run-started', environment: 'dev', recipe: 'transitionTo' });
    expect(events.at(-1)).toMatchObject({ type: 'run-succeeded' });
    expect(out).toMatch(/^gate-on took \d+ s$/m);
    expect(out).toMatch(/\nposted, signed: true: run-started\nposted, signed: true: run-succeeded\n$/);
    expect(out).not.toContain(process.env['DEPLOY_WEBHOOK_SECRET']);
    expect(code).toBe(0);
  });

  it('own-recipe.ts plans a recipe of its own, and carries it out behind the gate', async () => {
    const { code, out } = await run('own-recipe.ts');
    expect(out).toMatch(/^would rebuild-search, search index → rebuilt$/m);
    expect(out).toMatch(/waiting for the search index to be rebuilt: \d+ of 1200 products/);
    expect(out).toMatch(/rebuildBehindGate succeeded in .*: 1200 products are in the new index \(products have colours\); visitors are let in/);
    expect(code).toBe(0);
  });

  it('own-recipe.ts lets visitors in again when its own step fails, and tells its own error', async () => {
    const { code, out } = await run('own-recipe.ts', '--fail');
    expect(out).toContain('The office gave up on the search index after 600 of 1200 products; the old one is still in use.');
    expect(code).toBe(1);
  });

  it('await-drained.ts waits until metrics and Umami tell that visitors have left, and counts down', async () => {
    const { code, out } = await run('await-drained.ts');
    expect(out).toMatch(/3 visitors active; over at 08:\d\d:00 at the earliest, in \d min \d\d s/);
    expect(out).toMatch(/Drained after \d+ s, by metrics-and-umami: 0 requests in the minute from 08:\d\d; 0 visitors active; \d minutes looked at/);
    expect(out).not.toContain(process.env['UMAMI_PASSWORD']);
    expect(code).toBe(0);
  });

  it('await-drained.ts lets the metrics decide while Umami is down', async () => {
    const { code, out } = await run('await-drained.ts', '--umami-down');
    expect(out).toContain("warning: umami.dev.graasp.org does not answer: fetch failed; whether visitors have left is decided by the balancer's metrics alone\n");
    expect(out).toMatch(/Drained after \d+ s, by metrics: 0 requests in the minute from 08:\d\d; active visitors unknown \(umami\.dev\.graasp\.org does not answer: fetch failed\), metrics alone decide/);
    expect(code).toBe(0);
  });

  it('await-db-settled.ts waits for an autovacuum that causes no load, and tells how far it is', async () => {
    const { code, out } = await run('await-db-settled.ts', '--analyze');
    expect(out).toMatch(/vacuum of item in graasp: scanning heap, \d\d % \(automatic, for \d+ s\); its load is over/);
    expect(out).toMatch(/Settled after 2\d min; vacuum: finished \(vacuum of item\)\nAnalyzed: 36 of 36 tables in etherpad, graasp, umami\n/);
    expect(code).toBe(0);
  });

  it.each(['await-db-settled.ts', 'await-drained.ts'])('%s refuses a flag that it does not have', async (script) => {
    const told = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    vi.spyOn(process, 'exit').mockImplementation((code) => {
      throw new Error(`exit ${code}`);
    });
    await expect(run(script, '--umami-dwon')).rejects.toThrow('exit 2');
    expect(told).toHaveBeenCalledExactlyOnceWith(expect.stringMatching(/^--umami-dwon: unknown flag; there are --(umami-down|metrics, --analyze)$/));
  });

  it('await-db-settled.ts is through in the middle of it by metrics alone, and says what it has not seen', async () => {
    const { code, out } = await run('await-db-settled.ts', '--metrics');
    expect(out).toContain('vacuum was not observed: the definition has neither sqlConnection nor sqlTask.');
    expect(out).toMatch(/Settled after \d min; vacuum: not observed\n/);
    expect(code).toBe(0);
  });
});
