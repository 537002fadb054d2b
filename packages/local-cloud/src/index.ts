export * from './browser.js';
export { attachLocalCloud } from './attach-local-cloud.js';
