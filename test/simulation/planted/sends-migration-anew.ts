import type { PlantedBug } from '../planted-bugs.js';
import { callOf, withBody } from '../call-of.js';

/** Gives RunTask another token each time it is sent: one whose answer was lost starts a second migration. */
export const sendsMigrationAnew: PlantedBug = {
  name: 'sends a migration anew',
  foundBy: 'a migration is applied once an attempt',
  handler(inner) {
    let sent = 0;
    return {
      ...inner,
      handle(request, options) {
        const { operation, body } = callOf(request);
        if (operation !== 'RunTask') return inner.handle(request, options);
        const input = JSON.parse(body) as { readonly clientToken?: string };
        const anew = { ...input, clientToken: `${input.clientToken ?? ''}`.slice(0, 50) + String((sent += 1)) };
        return inner.handle(withBody(request, JSON.stringify(anew)), options);
      },
    };
  },
};
