import type { PlantedBug } from '../planted-bugs.js';
import { answering } from '../call-of.js';

/** Takes a snapshot for one that can be restored as soon as it was begun. */
export const waitsForNoSnapshot: PlantedBug = {
  name: 'waits for no snapshot',
  foundBy: 'a restore point holds every write',
  handler: (inner) => answering(/^DescribeDBSnapshots$/, inner, (text) => text.replaceAll('<Status>creating</Status>', '<Status>available</Status>').replaceAll(/<PercentProgress>\d+/g, '<PercentProgress>100')),
};
