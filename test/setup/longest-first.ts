import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Real rehearsals mostly wait: begun last, they would be waited for alone. */
const longest = /\/examples\/migrate\.test\.ts$/;

/** Vitest knows how long a file takes only where it has run before, and otherwise goes by project. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return [...sorted.filter(({ moduleId }) => longest.test(moduleId)), ...sorted.filter(({ moduleId }) => !longest.test(moduleId))];
  }
}
