import type { Readable } from 'node:stream';

/** Calls back with every line of a stream of text, without its line end; a last line without one counts. */
export function emitLines(stream: Readable | null, onLine: (line: string) => void): void {
  let buffered = '';
  stream?.setEncoding('utf8');
  stream?.on('data', (text: string) => {
    const lines = (buffered + text).split(/\r?\n/);
    buffered = lines.pop() ?? '';
    lines.forEach((line) => onLine(line));
  });
  stream?.on('close', () => {
    if (buffered !== '') onLine(buffered);
    buffered = '';
  });
}
