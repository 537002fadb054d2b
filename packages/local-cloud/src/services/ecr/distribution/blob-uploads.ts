import { digestOf } from '../build-image.js';
import type { Repository } from '../registry.js';
import { RegistryFault } from './registry-answer.js';

/** Blobs on their way into a repository. */
export interface BlobUploads {
  /** Answers the upload's id. */
  begin(): string;
  /** Adds a part; answers how many bytes there are. */
  add(id: string, part: Uint8Array): number;
  /** Adds the last part, and keeps the blob if it has the digest. */
  complete(id: string, part: Uint8Array, digest: string, repository: Repository): void;
}

export function createBlobUploads(): BlobUploads {
  const parts = new Map<string, Uint8Array[]>();
  let begun = 0;
  const partsOf = (id: string): Uint8Array[] => {
    const found = parts.get(id);
    if (found === undefined) throw new RegistryFault(404, 'BLOB_UPLOAD_UNKNOWN', `The upload ${id} does not exist`);
    return found;
  };
  return {
    begin() {
      begun += 1;
      const id = `00000000-0000-4000-9000-${String(begun).padStart(12, '0')}`;
      parts.set(id, []);
      return id;
    },
    add(id, part) {
      partsOf(id).push(part);
      return bytesOf(partsOf(id));
    },
    complete(id, part, digest, repository) {
      const content = joined([...partsOf(id), part]);
      parts.delete(id);
      const actual = digestOf(content);
      if (actual !== digest) throw new RegistryFault(400, 'DIGEST_INVALID', `The digest '${digest}' does not match that of the uploaded content, '${actual}'`);
      repository.blobs.set(digest, content);
    },
  };
}

function bytesOf(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, part) => sum + part.byteLength, 0);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const content = new Uint8Array(bytesOf(parts));
  let offset = 0;
  for (const part of parts) {
    content.set(part, offset);
    offset += part.byteLength;
  }
  return content;
}
