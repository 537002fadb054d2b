import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import base from './vitest.config.js';

/** A mutant that a step's own test kills needs no release. */
class NearestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isNear = ({ moduleId }: TestSpecification) => moduleId.includes('/packages/');
    return [...sorted.filter(isNear), ...sorted.filter((file) => !isNear(file))];
  }
}

/** What tells mutants of the library apart: its tests in virtual time. What is left out waits for processes, PostgreSQL or compilers, looks at sources, or is about the local cloud. */
export default defineConfig({
  ...base,
  test: {
    ...base.test,
    setupFiles: [new URL('test/mutation/coverage-of-one-file.ts', import.meta.url).pathname, ...(base.test?.setupFiles ?? [])],
    include: ['packages/deploy/src/**/*.test.ts', 'test/*.test.ts', 'test/steps/*.test.ts'],
    exclude: [
      'packages/deploy/src/run-script.test.ts',
      'test/{aws-cli,botocore,db-settled-postgres,dependencies,durable/*,hostile-requests,lint,promote-image-registry,restore-db-real,types}.test.ts',
    ],
    sequence: { sequencer: NearestFirst },
    coverage: { enabled: false },
  },
});
