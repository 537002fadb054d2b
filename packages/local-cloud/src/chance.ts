import type { Clock } from './clock.js';
import type { Range } from './timing.js';

/** A whole number of milliseconds in the range. */
export function draw(clock: Clock, [least, most]: Range): number {
  return least === most ? least : Math.round(least + clock.random() * (most - least));
}

/** So many random characters of an alphabet: how every identifier of the cloud is made. */
export function randomText(clock: Clock, length: number, alphabet: string): string {
  let text = '';
  while (text.length < length) text += alphabet[Math.floor(clock.random() * alphabet.length)];
  return text;
}

export function randomHex(clock: Clock, length: number): string {
  return randomText(clock, length, '0123456789abcdef');
}

/** A number that does not begin with 0, as text: AWS's deployment and revision ids. */
export function randomDigits(clock: Clock, length: number): string {
  return randomText(clock, 1, '123456789') + randomText(clock, length - 1, '0123456789');
}

export function randomUuid(clock: Clock): string {
  const hex = randomHex(clock, 32);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
