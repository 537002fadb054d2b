/** A sleep that has not ended. */
export interface Timer {
  readonly due: number;
  readonly order: number;
  end(): void;
}

export interface Timers {
  add(timer: Timer): void;
  remove(timer: Timer): void;
  earliestDue(): number | undefined;
  takeEarliest(): Timer | undefined;
  /** Sleeps that have not ended, those without an end too. */
  size(): number;
}

/** A binary heap by due time, then by order. Sleeps without an end are counted but never taken. */
export function createTimers(): Timers {
  const heap: Timer[] = [];
  const endless = new Set<Timer>();
  const removed = new Set<Timer>();

  const before = (a: Timer, b: Timer): boolean => a.due < b.due || (a.due === b.due && a.order < b.order);
  const at = (index: number): Timer => heap[index] as Timer;
  const swap = (a: number, b: number): void => {
    const timer = at(a);
    heap[a] = at(b);
    heap[b] = timer;
  };
  const rise = (from: number): void => {
    for (let index = from; index > 0; ) {
      const parent = (index - 1) >> 1;
      if (!before(at(index), at(parent))) return;
      swap(index, parent);
      index = parent;
    }
  };
  const sink = (): void => {
    for (let index = 0; ; ) {
      const [left, right] = [2 * index + 1, 2 * index + 2];
      let first = index;
      if (left < heap.length && before(at(left), at(first))) first = left;
      if (right < heap.length && before(at(right), at(first))) first = right;
      if (first === index) return;
      swap(index, first);
      index = first;
    }
  };
  const take = (): Timer | undefined => {
    const [first, last] = [heap[0], heap.pop()];
    if (heap.length > 0 && last !== undefined) {
      heap[0] = last;
      sink();
    }
    return first;
  };

  return {
    add(timer) {
      if (timer.due === Number.POSITIVE_INFINITY) return void endless.add(timer);
      heap.push(timer);
      rise(heap.length - 1);
    },
    remove(timer) {
      if (!endless.delete(timer)) removed.add(timer);
    },
    earliestDue() {
      for (let [first] = heap; first !== undefined && removed.delete(first); [first] = heap) take();
      return heap[0]?.due;
    },
    takeEarliest() {
      for (let timer = take(); timer !== undefined; timer = take()) {
        if (!removed.delete(timer)) return timer;
      }
      return undefined;
    },
    size: () => heap.length - removed.size + endless.size,
  };
}
