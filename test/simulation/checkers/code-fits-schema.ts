import type { Checker } from '../checkers.js';

/** No visitor reaches code, and no worker writes, on a schema that the code does not fit. */
export const codeFitsSchema: Checker = {
  name: 'code fits the schema',
  atEnd: ({ world: { cloud } }) => [
    ...cloud.inspect.violations.map(({ at, image, schema, what }) => `${new Date(at).toISOString()}: a ${what} of ${image} met schema ${schema}`),
    ...cloud.inspect.defects.map((defect) => `the local cloud itself failed: ${defect}`),
  ],
};
