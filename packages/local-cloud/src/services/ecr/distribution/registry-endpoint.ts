/** What a request of the OCI distribution protocol asks for. */
export type RegistryEndpoint =
  | { readonly kind: 'base' }
  | { readonly kind: 'token' }
  | { readonly kind: 'manifest' | 'blob'; readonly repository: string; readonly reference: string }
  | { readonly kind: 'uploads' | 'tags'; readonly repository: string }
  | { readonly kind: 'upload'; readonly repository: string; readonly id: string };

const digest = /^sha256:[0-9a-f]{64}$/;
const tag = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;

/** undefined for a path that is none of the protocol's. */
export function registryEndpoint(path: string): RegistryEndpoint | undefined {
  if (/^\/token\/?$/.test(path)) return { kind: 'token' };
  if (/^\/v2\/?$/.test(path)) return { kind: 'base' };
  const [, repository = '', what = '', rest = ''] = /^\/v2\/([a-z0-9._/-]+?)\/(manifests|blobs\/uploads|blobs|tags)\/(.*)$/.exec(path) ?? [];
  if (what === 'manifests' && (digest.test(rest) || tag.test(rest))) return { kind: 'manifest', repository, reference: rest };
  if (what === 'blobs' && digest.test(rest)) return { kind: 'blob', repository, reference: rest };
  if (what === 'blobs/uploads') return rest === '' ? { kind: 'uploads', repository } : { kind: 'upload', repository, id: rest };
  return what === 'tags' && rest === 'list' ? { kind: 'tags', repository } : undefined;
}

/** Whether a path is the protocol's, as far as one can tell without the host. */
export function isRegistryPath(path: string): boolean {
  return /^\/(v2|token)(\/|$)/.test(path);
}

/** The call by the IAM action that it needs at the private registry, and by what it is at the public one. */
export function registryOperation(method: string, { kind }: RegistryEndpoint, isPrivate: boolean): string | undefined {
  const name = names[`${method === 'GET' && kind !== 'blob' ? 'HEAD' : method} ${kind}`];
  return name === undefined ? undefined : isPrivate ? `ecr:${name}` : publicNames[kind];
}

const names: Readonly<Record<string, string>> = {
  'HEAD base': 'Login',
  'HEAD manifest': 'BatchGetImage',
  'PUT manifest': 'PutImage',
  'HEAD blob': 'BatchCheckLayerAvailability',
  'GET blob': 'GetDownloadUrlForLayer',
  'POST uploads': 'InitiateLayerUpload',
  'PATCH upload': 'UploadLayerPart',
  'PUT upload': 'CompleteLayerUpload',
  'HEAD tags': 'ListImages',
  'HEAD token': 'GetToken',
};

const publicNames: Readonly<Record<string, string | undefined>> = { base: 'ecr-public:Login', token: 'ecr-public:GetToken', manifest: 'ecr-public:GetManifest', blob: 'ecr-public:GetBlob', tags: 'ecr-public:ListTags' };
