/** What the reference is grouped by: a page each, from `src/api/<name>.mts`, which `npm run generate` writes. */
export const apiGroups = {
  recipes: { title: 'Recipes', about: 'Whole jobs: composed of steps, run with a journal, resumable.' },
  steps: { title: 'Steps', about: 'One thing each that is done to an environment; composed by recipes, or called by themselves.' },
  runs: { title: 'Runs', about: 'Recipes of your own, journal, lock, holds, run stores, plans and reports of runs.' },
  environment: { title: 'Environment', about: 'Definitions, connecting, states, discovery and permissions.' },
  errors: { title: 'Errors', about: 'Every error as a type, and the situation in which a run leaves an environment.' },
  reports: { title: 'Reports', about: 'Reporters, events and renderers.' },
  'local-cloud': { title: 'Local cloud', about: '`@graasp/local-cloud`: AWS on a laptop, for rehearsals and tests.' },
};

export const apiEntries = Object.keys(apiGroups).map((name) => `src/api/${name}.mts`);
