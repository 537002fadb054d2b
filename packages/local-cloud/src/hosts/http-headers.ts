import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';

const HOP_BY_HOP = ['connection', 'keep-alive', 'proxy-authenticate', 'proxy-authorization', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade'];

// The one header whose values cannot be joined by a comma. A line break cannot be part of a value.
const COOKIES = 'set-cookie';
const COOKIE_SEPARATOR = '\n';

/** One value per name, in lower case; several cookies are separated by line breaks. */
export function flattenHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (Array.isArray(value)) flat[name] = value.join(name === COOKIES ? COOKIE_SEPARATOR : ', ');
    else if (value !== undefined) flat[name] = value;
  }
  return flat;
}

export function unflattenHeaders(headers: Readonly<Record<string, string>>): OutgoingHttpHeaders {
  const cookies = headers[COOKIES];
  return cookies === undefined ? { ...headers } : { ...headers, [COOKIES]: cookies.split(COOKIE_SEPARATOR) };
}

/** Without what concerns one connection only (RFC 9110, section 7.6.1). */
export function withoutHopByHop(headers: Readonly<Record<string, string>>): Record<string, string> {
  const named = (headers['connection'] ?? '').split(',').map((name) => name.trim().toLowerCase());
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_BY_HOP.includes(name) && !named.includes(name)));
}
