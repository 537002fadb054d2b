/** What a state means; words of the runbook. `closed`: visitors are kept out. */
export const stateDefinitions = {
  running: { gate: 'open', database: 'on', administration: 'on', application: 'on' },
  restricted: { gate: 'closed', database: 'on', administration: 'on', application: 'on' },
  'db-only': { gate: 'closed', database: 'on', administration: 'on', application: 'off' },
  stopped: { gate: 'closed', database: 'off', administration: 'off', application: 'off' },
} as const;

/** A state an environment can be meant to be in. */
export type StateName = keyof typeof stateDefinitions;

export const stateNames = Object.keys(stateDefinitions) as readonly StateName[];
