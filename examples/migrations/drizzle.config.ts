import { defineConfig } from 'drizzle-kit';

const version = process.env.APP_VERSION;
const url = process.env.DB_CONNECTION;
if (version === undefined || url === undefined) throw new Error('APP_VERSION and DB_CONNECTION must be set');

/** What `npx drizzle-kit migrate` reads in the migrate image. The image of a version holds the migrations up to that version, and no others. */
export default defineConfig({ dialect: 'postgresql', out: `./${version}`, dbCredentials: { url } });
