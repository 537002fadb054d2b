import type { EnvironmentDefinition } from '@graasp/deploy';
import type { Blueprint, ImageDeclaration } from '@graasp/local-cloud';
import { campusBlueprint, campusImages } from './campus-blueprint.js';
import { campus } from './campus-definition.js';
import { graaspBlueprint } from './graasp-blueprint.js';
import { graaspDev, graaspProduction } from './graasp-definition.js';
import { graaspImages, NEXT_VERSION } from './graasp-images.js';
import { notesBlueprint, notesImages } from './notes-blueprint.js';
import { notes } from './notes-definition.js';

/** The values of every secret that the definitions name. */
export const secrets = { MAINTENANCE_HEADER_NAME: 'x-maintenance', MAINTENANCE_HEADER_SECRET: 'open-sesame-0123456789', OPERATOR_SECRET: 'open-sesame-0123456789' };

export interface ExampleEnvironment {
  readonly name: string;
  readonly definition: EnvironmentDefinition;
  readonly blueprint: Blueprint;
  readonly images: readonly ImageDeclaration[];
  /** The release whose migration is to come. */
  readonly version: string;
  /** Rules whose visitors get through to administration while maintenance is on, which preflight warns of. */
  readonly leaking: readonly number[];
}

/** The environments in this directory. */
export const everyEnvironment: readonly ExampleEnvironment[] = [
  { name: "Graasp's dev", definition: graaspDev, blueprint: graaspBlueprint('dev'), images: graaspImages(), version: NEXT_VERSION, leaking: [7] },
  { name: "Graasp's production", definition: graaspProduction, blueprint: graaspBlueprint('production'), images: graaspImages(), version: NEXT_VERSION, leaking: [7] },
  { name: 'one service behind HTTP', definition: notes, blueprint: notesBlueprint, images: notesImages, version: 'v1.1.0', leaking: [] },
  { name: 'forty services behind a hundred rules', definition: campus, blueprint: campusBlueprint, images: campusImages, version: 'v7.1.0', leaking: [] },
];
