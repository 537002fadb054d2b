import type { PlantedBug } from '../planted-bugs.js';
import { callOf, withAnswer } from '../call-of.js';

/** As long as it asks no more. */
const believedMs = 40_000;

/** Reads the rules right after it has changed one, and takes that for the truth: whoever looks again, until what is read agrees, is told the same. */
export const believesStaleReads: PlantedBug = {
  name: 'believes a stale read',
  foundBy: 'the way on comes to an end',
  handler(inner, { clock }) {
    let listing: unknown = null;
    let believed = { until: 0, text: '' };
    return {
      ...inner,
      async handle(request, options) {
        const { operation, body } = callOf(request);
        const answer = await inner.handle(request, options);
        if (operation === 'DescribeRules' && body.includes('ListenerArn')) {
          listing = request;
          return clock.now() < believed.until ? withAnswer(answer, () => believed.text) : answer;
        }
        if (operation === 'ModifyRule' && listing !== null) {
          withAnswer(await inner.handle(listing, options), (text) => {
            believed = { until: clock.now() + believedMs, text };
            return text;
          });
        }
        return answer;
      },
    };
  },
};
