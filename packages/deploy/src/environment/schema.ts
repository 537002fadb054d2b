import * as v from 'valibot';
import { expectedGot } from './validate.js';

const says = (expected: string) => (issue: { readonly input: unknown }) => expectedGot(expected, issue.input);

function matching(pattern: RegExp, expected: string) {
  return v.pipe(v.string(says(expected)), v.regex(pattern, says(expected)));
}

function listOf<T extends v.GenericSchema>(item: T, expected: string) {
  return v.array(item, says(expected));
}

function recordOf<T extends v.GenericSchema>(key: RegExp, item: T, expected: string) {
  return v.record(v.pipe(v.string(), v.regex(key, says(`a name that matches ${key.source}`))), item, says(expected));
}

function oneOf<const T extends readonly string[]>(values: T) {
  return v.picklist(values, says(values.map((value) => `'${value}'`).join(' or ')));
}

/** An object with these keys and no other: a misspelt key is told by name, and a missing one by what it should hold. */
function closed<T extends v.ObjectEntries>(entries: T) {
  const known = Object.keys(entries);
  const message = (issue: { readonly input: unknown; readonly path?: readonly { readonly key?: unknown }[] | undefined }) => {
    const key = issue.path?.at(-1)?.key;
    const entry = typeof key === 'string' ? entries[key] : undefined;
    return entry === undefined ? expectedGot('an object', issue.input) : (v.safeParse(entry, undefined).issues?.[0].message ?? expectedGot('a value', undefined));
  };
  return v.pipe(
    v.looseObject(entries, message as never),
    v.rawCheck(({ dataset, addIssue }) => {
      const value: unknown = dataset.value;
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return;
      for (const key of Object.keys(value).filter((name) => !known.includes(name))) {
        addIssue({ message: `unknown key; known are ${known.join(', ')}`, path: [{ type: 'object', origin: 'key', input: value as never, key, value: (value as Record<string, unknown>)[key] }] });
      }
    }),
  );
}

const text = matching(/\S/, 'a text that is not empty');
const flag = v.boolean(says('true or false'));
const secret = closed({ fromEnv: matching(/^[A-Za-z_][A-Za-z0-9_]*$/, 'the name of an environment variable') });
/** "Image tag": letters, digits, underscores, periods and hyphens, 128 at most. */
const versionTag = matching(/^(?=.*\{version\})[A-Za-z0-9_{][A-Za-z0-9_.{}-]{0,119}$/, "an image tag that contains '{version}'");
const count = v.pipe(v.number(says('a whole number, 0 or more')), v.integer(says('a whole number, 0 or more')), v.minValue(0, says('a whole number, 0 or more')));
const port = v.pipe(v.number(says('a port from 1 to 65535')), v.integer(says('a port from 1 to 65535')), v.minValue(1, says('a port from 1 to 65535')), v.maxValue(65_535, says('a port from 1 to 65535')));
const httpStatus = v.pipe(v.number(says('an HTTP status from 100 to 599')), v.integer(says('an HTTP status from 100 to 599')), v.minValue(100, says('an HTTP status from 100 to 599')), v.maxValue(599, says('an HTTP status from 100 to 599')));

const region = matching(/^[a-z]{2,}(-[a-z]+)+-\d+$/, "an AWS region like 'eu-central-1'");
/** "General purpose bucket naming rules" */
const bucketName = matching(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'the name of a bucket');

const service = closed({
  role: oneOf(['application', 'administration']),
  desiredCount: count,
  minCapacity: v.optional(count),
  databases: v.optional(listOf(text, 'a list of database names')),
  dependsOn: v.optional(listOf(text, 'a list of services')),
  volatile: v.optional(flag),
  release: v.optional(recordOf(/\S/, closed({ tag: versionTag }), 'a record of containers')),
});

const check = closed({
  name: text,
  url: matching(/^https?:\/\/[^\s/]+/, 'a URL that begins with https:// or http://'),
  status: v.optional(httpStatus),
  bodyIncludes: v.optional(text),
  versionAt: v.optional(text),
});

const imageSource = closed({
  registry: matching(/^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:\d{1,5})?$/, "the host of a registry like 'public.ecr.aws'"),
  // "Pulling manifests" of the distribution specification: what a repository is called
  repository: matching(/^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*$/, "the name of a repository like 'alias/graasp'"),
});

const schedule = closed({
  name: text,
  utc: matching(/^([01]\d|2[0-3]):[0-5]\d$/, "a time of day like '20:00'"),
  days: v.optional(listOf(oneOf(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']), 'a list of days')),
});

const cloudFrontGate = closed({
  functionName: matching(/^[A-Za-z0-9_-]{1,64}$/, 'the name of a CloudFront function'),
  distributions: v.pipe(listOf(matching(/^[A-Z0-9]{1,32}$/, "the id of a distribution like 'E1A2B3C4D5E6F7'"), 'a list of ids of distributions'), v.minLength(1, 'expected at least one distribution, got none')),
});

/** The shape of an environment definition; what refers to what is looked at in `definition-problems.ts`. */
export const definitionSchema = closed({
  name: matching(/^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?$/, 'letters, digits and hyphens'),
  region,
  accountId: v.optional(matching(/^\d{12}$/, 'an AWS account of 12 digits')),
  cluster: matching(/^[A-Za-z0-9_-]{1,255}$/, 'the name of an ECS cluster'),
  loadBalancer: matching(/^[A-Za-z0-9-]{1,32}$/, 'the name of a load balancer'),
  database: matching(/^[A-Za-z][A-Za-z0-9-]{0,62}$/, 'the identifier of an RDS instance'),
  services: recordOf(/^[A-Za-z0-9_-]{1,255}$/, service, 'a record of services by name'),
  maintenance: closed({ headerName: v.union([text, secret], says('a header name or secretFromEnv(…)')), headerValue: withSecretMessage(), listenerPort: v.optional(port), cloudFront: v.optional(cloudFrontGate) }),
  migration: v.optional(
    closed({
      taskDefinitionFamily: text,
      container: v.optional(text),
      tag: versionTag,
      networkOf: text,
      statusCommand: v.optional(listOf(text, 'a command as a list of words')),
    }),
  ),
  images: v.optional(
    closed({
      repository: text,
      mutableTags: v.optional(recordOf(/\S/, text, 'a record of tags by container')),
      strategy: v.optional(oneOf(['pin', 'retag'])),
      source: v.optional(imageSource),
    }),
  ),
  checks: v.optional(listOf(check, 'a list of requests')),
  otherWriters: v.optional(listOf(closed({ name: text, acknowledged: flag }), 'a list of writers')),
  umami: v.optional(
    closed({
      url: withoutCredentials(),
      websiteId: matching(/^[A-Za-z0-9_-]+$/, 'the id of a website'),
      username: v.union([text, secret], says('a user name or secretFromEnv(…)')),
      password: withSecretMessage(),
    }),
  ),
  sqlConnection: v.optional(withSecretMessage()),
  sqlTask: v.optional(
    closed({
      taskDefinitionFamily: text,
      container: v.optional(text),
      networkOf: text,
      command: v.optional(listOf(text, 'a command as a list of words')),
    }),
  ),
  schedules: v.optional(listOf(schedule, 'a list of schedules')),
  infrastructureLock: v.optional(
    closed({
      bucket: bucketName,
      // the lock's own name is made of it
      key: matching(/^(?!.*\.tflock$)\S(.*\S)?$/, "the key of a state like 'dev/terraform.tfstate'"),
      region: v.optional(region),
    }),
  ),
  heartbeat: v.optional(flag),
});

/** An address that held a user and a password would be a secret in a repository: it is refused, and not repeated. */
function withoutCredentials() {
  const expected = 'a URL like https://umami.example.org, without user, query and fragment';
  return v.pipe(
    v.string(says(expected)),
    v.check((url) => !url.includes('@'), `expected ${expected}, got one with an @`),
    v.check((url) => url.includes('@') || (/^https?:\/\/[^\s/?#]+(\/[^\s?#]*)?$/.test(url) && URL.canParse(url)), says(expected)),
  );
}

/** A literal value here would be a secret in a repository: it is refused, and not repeated. */
function withSecretMessage() {
  return v.pipe(
    v.custom<unknown>((input) => typeof input === 'object' && input !== null, (issue) => `expected secretFromEnv(…), got ${issue.input === undefined ? 'nothing' : `a ${typeof issue.input}`}`),
    v.custom<unknown>(() => true),
    secret,
  );
}

/** `services.graasp.desiredCount: expected …`: each issue with the way to it. */
export function shapeProblems(definition: unknown): readonly string[] {
  const { issues = [] } = v.safeParse(definitionSchema, definition);
  return issues.map((issue) => {
    const path = (issue.path ?? []).map(({ key }) => String(key)).join('.');
    return path === '' ? `definition: ${issue.message}` : `${path}: ${issue.message}`;
  });
}
