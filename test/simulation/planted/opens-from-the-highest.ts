import type { Handler, PlantedBug } from '../planted-bugs.js';
import { callOf, withAnswer, withBody } from '../call-of.js';

interface KeptBack {
  readonly rule: string;
  readonly request: unknown;
  readonly options: unknown;
}

/**
 * Opens the least specific rule first: until the more specific ones are open too, their visitors fall into it. Every opening but the last
 * is kept back, and sent after that one in the opposite order.
 */
export const opensFromTheHighest: PlantedBug = {
  name: 'opens from the highest priority',
  foundBy: 'visitors get where they wanted',
  handler(inner, cloud) {
    const keptBack: KeptBack[] = [];
    const closed = () => cloud.inspect.rules().filter(({ conditions, actions }) => JSON.stringify(conditions).includes('http-header') && !JSON.stringify(actions).includes('office'));
    return {
      ...inner,
      async handle(request, options) {
        const { operation, body } = callOf(request);
        const rule = new URLSearchParams(body).get('RuleArn') ?? '';
        const isOpening = operation === 'ModifyRule' && !body.includes('http-header') && closed().some(({ ruleArn }) => ruleArn === rule);
        if (!isOpening) return inner.handle(request, options);
        if (closed().some(({ ruleArn }) => ruleArn !== rule && keptBack.every((one) => one.rule !== ruleArn))) {
          keptBack.push({ rule, request, options });
          return lookInstead(inner, { rule, request, options });
        }
        const answer = await inner.handle(request, options);
        for (const one of keptBack.splice(0).reverse()) await inner.handle(one.request, one.options);
        return answer;
      },
    };
  },
};

/** Modifies nothing, and has an answer all the same. */
async function lookInstead(inner: Handler, { rule, request, options }: KeptBack): Promise<unknown> {
  const look = new URLSearchParams({ Action: 'DescribeRules', Version: '2015-12-01', 'RuleArns.member.1': rule }).toString();
  return withAnswer(await inner.handle(withBody(request, look), options), (text) => text.replaceAll('DescribeRules', 'ModifyRule'));
}
