import type { CloudContext } from './context.js';
import type { Faults } from './faults.js';

/** The same faults, but a Spot interruption that is added happens by itself once its time has come. */
export function withSpotInterruptions(faults: Faults, context: Pick<CloudContext, 'background' | 'clock'>, interrupt: (service: string) => void): Faults {
  return {
    ...faults,
    add(fault) {
      faults.add(fault);
      if (fault.kind !== 'spot-interruption') return;
      context.background(`a Spot interruption of ${fault.service}`, async (signal) => {
        await context.clock.sleep(fault.afterMs ?? 0, signal);
        if (faults.take('spot-interruption', (each) => each === fault) !== undefined) interrupt(fault.service);
      });
    },
  };
}
