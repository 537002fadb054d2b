/** `@graasp/deploy` as a page gets it: everything but what needs a disk, a process or a terminal. */
export * from './public.js';
