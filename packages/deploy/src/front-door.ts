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
