/** How visitors and operators reach the environment: the only way the library looks at it from outside. */
export interface FrontDoor {
  /** Every address behind the balancer's DNS name; `[null]` where addresses cannot be told apart (a `fetch` was given). */
  addresses(dnsName: string): Promise<readonly (string | null)[]>;
  /** One request over a fresh connection, redirects not followed. Rejects when nothing answers. */
  request(request: FrontDoorRequest): Promise<FrontDoorAnswer>;
}

export interface FrontDoorRequest {
  readonly url: string;
  readonly address: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

export interface FrontDoorAnswer {
  readonly status: number;
  readonly location: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Through the `fetch` that was given: a local cloud's, or a page's. Fresh connections are asked for, not enforced. */
export function frontDoorFromFetch(fetch: typeof globalThis.fetch): FrontDoor {
  return {
    addresses: () => Promise.resolve([null]),
    request: async ({ url, headers, signal }) => {
      const response = await fetch(url, { headers: { ...headers, connection: 'close' }, redirect: 'manual', cache: 'no-store', signal });
      return { status: response.status, location: response.headers.get('location'), headers: Object.fromEntries(response.headers), body: await response.text() };
    },
  };
}
