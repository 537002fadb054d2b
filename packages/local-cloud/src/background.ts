/** What goes on in a cloud by itself, until the cloud stops. */
export interface Background {
  run(name: string, work: (signal: AbortSignal) => Promise<void>): void;
  /** What failed although nobody had stopped it; others may add to it. */
  readonly defects: string[];
  stop(): void;
}

export function createBackground(): Background {
  const working = new Set<AbortController>();
  const defects: string[] = [];
  let stopped = false;
  return {
    defects,
    run(name, work) {
      if (stopped) return;
      const life = new AbortController();
      working.add(life);
      work(life.signal)
        .catch((error: unknown) => {
          if (!life.signal.aborted) defects.push(`${name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
        })
        .finally(() => working.delete(life));
    },
    stop() {
      stopped = true;
      for (const life of working) life.abort(new Error('The local cloud has stopped.'));
    },
  };
}
