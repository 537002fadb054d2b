import type { ImageDeclaration } from '../../blueprint.js';
import { ServiceFault, type CloudContext, type Siblings } from '../../context.js';
import { buildImage, defaultPlatforms, type BuiltImage, type Manifest } from './build-image.js';

export interface Repository {
  readonly name: string;
  readonly arn: string;
  readonly uri: string;
  readonly createdAt: number;
  readonly immutable: boolean;
  /** Manifests, by digest. */
  readonly images: Map<string, StoredImage>;
  /** Configurations and layers, by digest. */
  readonly blobs: Map<string, Uint8Array>;
}

export interface StoredImage extends Manifest {
  readonly pushedAt: number;
  readonly tags: Set<string>;
}

type ResolvedImage = NonNullable<ReturnType<Siblings['ecr']['resolveImage']>>;

/** The account's private repositories, and what registries elsewhere hold. */
export interface Registry {
  readonly repositories: Map<string, Repository>;
  /** Throws RepositoryNotFoundException. */
  repository(name: string | undefined): Repository;
  createRepository(name: string, immutable: boolean): Repository;
  store(repository: Repository, manifest: Manifest, tag: string | undefined): StoredImage;
  /** A repository of another registry, if an image was pushed to it. */
  outside(host: string, name: string): Repository | undefined;
  push(declaration: ImageDeclaration): { readonly digest: string };
  resolve(reference: string): ResolvedImage | undefined;
}

export function createRegistry({ accountId, region, clock }: CloudContext): Registry {
  const host = `${accountId}.dkr.ecr.${region}.amazonaws.com`;
  const repositories = new Map<string, Repository>();
  const known = new Map<string, ResolvedImage>();
  const elsewhere = new Map<string, Repository>();

  const noRepository = (name: string): ServiceFault => new ServiceFault('RepositoryNotFoundException', `The repository with name '${name}' does not exist in the registry with id '${accountId}'`);
  const newRepository = (name: string, uri: string, immutable: boolean): Repository => {
    return { name, arn: `arn:aws:ecr:${region}:${accountId}:repository/${name}`, uri, createdAt: clock.now(), immutable, images: new Map(), blobs: new Map() };
  };
  const outsideRepository = (parsed: ParsedReference): Repository => {
    const location = locationOf(parsed);
    const repository = elsewhere.get(location) ?? newRepository(parsed.name, location, false);
    elsewhere.set(location, repository);
    return repository;
  };
  const store = (repository: Repository, manifest: Manifest, tag: string | undefined): StoredImage => {
    const image = repository.images.get(manifest.digest) ?? { ...manifest, pushedAt: clock.now(), tags: new Set<string>() };
    repository.images.set(manifest.digest, image);
    if (tag !== undefined) {
      for (const other of repository.images.values()) other.tags.delete(tag);
      image.tags.add(tag);
    }
    return image;
  };
  const remember = (declaration: ImageDeclaration, { index, manifests }: BuiltImage): void => {
    known.set(index.digest, { digest: index.digest, platforms: declaration.platforms ?? defaultPlatforms, declaration });
    for (const { manifest, platform } of manifests) known.set(manifest.digest, { digest: manifest.digest, platforms: [platform], declaration });
  };
  const privateRepository = ({ host: at, name }: ParsedReference): Repository | undefined => (at === undefined || at === host ? repositories.get(name) : undefined);
  const push = (declaration: ImageDeclaration): { readonly digest: string } => {
    const parsed = parseReference(declaration.reference);
    const image = buildImage(declaration);
    remember(declaration, image);
    const inside = privateRepository(parsed);
    if (inside === undefined && parsed.host === host) throw noRepository(parsed.name);
    const repository = inside ?? outsideRepository(parsed);
    for (const [digest, content] of image.blobs) repository.blobs.set(digest, content);
    for (const { manifest } of image.manifests) store(repository, manifest, undefined);
    for (const tag of [parsed.tag ?? 'latest', ...(declaration.alsoTagged ?? [])]) store(repository, image.index, tag);
    return { digest: image.index.digest };
  };

  return {
    repositories,
    store,
    push,
    outside: (at, name) => elsewhere.get(`${at}/${name}`),
    repository(name = '') {
      const found = repositories.get(name);
      if (found === undefined) throw noRepository(name);
      return found;
    },
    createRepository(name, immutable) {
      const created = newRepository(name, `${host}/${name}`, immutable);
      repositories.set(name, created);
      return created;
    },
    resolve(reference) {
      const parsed = parseReference(reference);
      if (parsed.host === host) return resolvePrivate(repositories.get(parsed.name), parsed, known);
      if (parsed.digest !== undefined) return known.get(parsed.digest);
      const digest = imageByTag(elsewhere.get(locationOf(parsed)), parsed.tag ?? 'latest')?.digest ?? push({ reference }).digest;
      return known.get(digest);
    },
  };
}

function resolvePrivate(repository: Repository | undefined, { tag, digest }: ParsedReference, known: ReadonlyMap<string, ResolvedImage>): ResolvedImage | undefined {
  const image = digest === undefined ? imageByTag(repository, tag ?? 'latest') : repository?.images.get(digest);
  // somebody else's image has no declaration: it runs as the default server
  return image === undefined ? undefined : (known.get(image.digest) ?? { digest: image.digest, platforms: defaultPlatforms, declaration: { reference: `${repository?.name}:${tag ?? image.digest}` } });
}

export function imageByTag(repository: Repository | undefined, tag: string): StoredImage | undefined {
  return [...(repository?.images.values() ?? [])].find(({ tags }) => tags.has(tag));
}

interface ParsedReference {
  readonly host: string | undefined;
  readonly name: string;
  readonly tag: string | undefined;
  readonly digest: string | undefined;
}

/** `[host/]name[:tag][@digest]`; a first part is a host when it has a dot or a port. */
function parseReference(reference: string): ParsedReference {
  const [located = '', digest] = reference.split('@');
  const slash = located.indexOf('/');
  const first = located.slice(0, Math.max(0, slash));
  const host = /[.:]/.test(first) || first === 'localhost' ? first : undefined;
  const [name = '', tag] = (host === undefined ? located : located.slice(slash + 1)).split(':');
  return { host, name, tag, digest };
}

function locationOf({ host, name }: ParsedReference): string {
  return `${host ?? 'docker.io'}/${name}`;
}
