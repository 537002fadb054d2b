import type { FrontHost } from '../../hosts/host.js';
import type { Elbv2 } from './elbv2.js';

/** A `fetch` that leads to the balancers, in process; every other host is a `TypeError: fetch failed`. `elbv2` is called at every request. */
export function createFrontFetch(elbv2: () => Iterable<Elbv2>, front: FrontHost): typeof fetch {
  throw new Error(`The fetch of the front is being written (${typeof elbv2}, ${typeof front}).`);
}
