const blockBytes = 512;

/** A tar archive (ustar) of one file, the same bytes each time. */
export function tarOf(name: string, text: string): Uint8Array {
  const content = new TextEncoder().encode(text);
  const archive = new Uint8Array(blockBytes * (1 + Math.ceil(content.byteLength / blockBytes) + 2));
  archive.set(headerOf(name, content.byteLength));
  archive.set(content, blockBytes);
  return archive;
}

/** Numbers are octal texts; the checksum is of the header with blanks in its own place. */
function headerOf(name: string, size: number): Uint8Array {
  const header = new Uint8Array(blockBytes);
  const put = (offset: number, text: string): void => header.set(new TextEncoder().encode(text), offset);
  const octal = (value: number, digits: number): string => `${value.toString(8).padStart(digits, '0')}\0`;
  put(0, name);
  put(100, octal(0o644, 7));
  put(108, octal(0, 7));
  put(116, octal(0, 7));
  put(124, octal(size, 11));
  put(136, octal(0, 11));
  put(148, ' '.repeat(8));
  put(156, '0');
  put(257, 'ustar\0' + '00');
  put(148, `${octal(header.reduce((sum, byte) => sum + byte, 0), 6)} `);
  return header;
}
