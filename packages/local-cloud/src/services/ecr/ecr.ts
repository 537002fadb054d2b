import type { ImageDeclaration } from '../../blueprint.js';
import type { CloudContext, Operations, Siblings } from '../../context.js';

type RegistrySibling = Siblings['ecr'];
export interface Ecr extends RegistrySibling {
  readonly operations: Operations;
  /**
   * Pushes what a declaration describes: into the private repository that its reference names (`repository:tag`, created by
   * CreateRepository before), or else as an image of an outside registry. Moves the tag when it exists.
   */
  pushImage(declaration: ImageDeclaration): { readonly digest: string };
}

export function createEcr(context: CloudContext): Ecr {
  throw new Error(`ECR is being written (${context.region}).`);
}
