import type { PlantedBug } from '../planted-bugs.js';
import { callOf, withBody } from '../call-of.js';

const version = '2014-10-31';

/** Makes room for the restored instance by deleting the one in use. */
export const restoresOverTheDatabase: PlantedBug = {
  name: 'restores over the database',
  foundBy: 'data is kept',
  handler(inner, cloud) {
    return {
      ...inner,
      async handle(request, options) {
        const answer = await inner.handle(request, options);
        const renamed = new URLSearchParams(callOf(request).body).get('NewDBInstanceIdentifier');
        const send = (fields: Readonly<Record<string, string>>) => inner.handle(withBody(request, new URLSearchParams({ Version: version, ...fields }).toString()), options);
        const aside = cloud.inspect.databases().find(({ identifier }) => /^shop-before/.test(identifier))?.identifier;
        if (renamed !== 'shop' || aside === undefined) return answer;
        await send({ Action: 'ModifyDBInstance', DBInstanceIdentifier: aside, DeletionProtection: 'false', ApplyImmediately: 'true' });
        await send({ Action: 'DeleteDBInstance', DBInstanceIdentifier: aside, SkipFinalSnapshot: 'true' });
        return answer;
      },
    };
  },
};
