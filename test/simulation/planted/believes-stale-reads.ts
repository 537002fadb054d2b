import type { PlantedBug } from '../planted-bugs.js';
import { callOf, isChange, withAnswer } from '../call-of.js';

/** As long as the same question is answered by what was read first. */
const believedMs = 30_000;

interface Believed {
  readonly at: number;
  readonly text: string;
}

/** Takes what it reads first of rules and services after a change for the truth: whoever looks again, to see whether that agrees, is told the same. */
export const believesStaleReads: PlantedBug = {
  name: 'believes a stale read',
  foundBy: 'visitors get where they wanted',
  handler(inner, { clock }) {
    const believed = new Map<string, Believed>();
    return {
      ...inner,
      async handle(request, options) {
        const { operation, body } = callOf(request);
        if (isChange(operation)) believed.clear();
        const answer = await inner.handle(request, options);
        if (!/^Describe(Rules|Services)$/.test(operation) || statusOf(answer) !== 200) return answer;
        const question = `${operation} ${body}`;
        const first = believed.get(question);
        if (first !== undefined && clock.now() - first.at < believedMs) return withAnswer(answer, () => first.text);
        return withAnswer(answer, (text) => {
          believed.set(question, { at: clock.now(), text });
          return text;
        });
      },
    };
  },
};

const statusOf = (answer: unknown) => (answer as { readonly response: { readonly statusCode: number } }).response.statusCode;
