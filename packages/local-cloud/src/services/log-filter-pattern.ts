import { ServiceFault } from '../context.js';

/** Unstructured filter patterns: every term must occur, of those with `?` one must, those with `-` must not; a phrase stands in quotes. Case counts. */
export function matchesFilterPattern(pattern: string, message: string): boolean {
  if (/^\s*[{[]/.test(pattern)) throw new ServiceFault('InvalidParameterException', 'local cloud does not implement structured filter patterns');
  const terms = [...pattern.matchAll(/([?-]?)(?:"([^"]*)"|(\S+))/g)].map(([, sign = '', phrase, word = '']) => ({ sign, found: message.includes(phrase ?? word) }));
  const optional = terms.filter(({ sign }) => sign === '?');
  if (!terms.every(({ sign, found }) => (sign === '' ? found : sign === '-' ? !found : true))) return false;
  return optional.length === 0 || optional.some(({ found }) => found);
}
