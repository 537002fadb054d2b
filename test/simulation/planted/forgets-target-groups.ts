import type { PlantedBug } from '../planted-bugs.js';
import { callOf, withAnswer, withBody } from '../call-of.js';

const attribute = 'deregistration_delay.timeout_seconds';

/** Never gives a target group its deregistration delay back: it reads its own wish where it should read what is. */
export const forgetsTargetGroups: PlantedBug = {
  name: "forgets to put back a target group's delay",
  foundBy: 'what was put aside is back, or held',
  handler(inner) {
    const wished = new Set<string>();
    return {
      ...inner,
      async handle(request, options) {
        const { operation, body } = callOf(request);
        const sent = new URLSearchParams(body);
        const group = sent.get('TargetGroupArn') ?? '';
        if (operation === 'ModifyTargetGroupAttributes') {
          const isShortened = sent.get('Attributes.member.1.Value') === '5';
          if (isShortened) wished.delete(group);
          else wished.add(group);
          if (!isShortened) sent.set('Attributes.member.1.Value', '5');
          return inner.handle(withBody(request, sent.toString()), options);
        }
        const answer = await inner.handle(request, options);
        if (operation !== 'DescribeTargetGroupAttributes' || !wished.has(group)) return answer;
        return withAnswer(answer, (text) => text.replace(new RegExp(`(<Key>${attribute}</Key>\\s*<Value>)5|(<Value>)5(</Value>\\s*<Key>${attribute})`), (_, before: string | undefined, value: string, after: string) => (before === undefined ? `${value}60${after}` : `${before}60`)));
      },
    };
  },
};
