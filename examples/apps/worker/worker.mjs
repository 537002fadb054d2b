// The workers: no port, a row every WORK_EVERY_MS. A schema that does not fit is logged as `schema-mismatch`, and tried again.
import { isSchemaMismatch, loadRelease } from '../core/release.mjs';
import { openPool } from '../database.mjs';
import { endOnSigterm, repeat } from '../service.mjs';

const version = process.env.APP_VERSION ?? 'unknown';
const release = await loadRelease(version);
const pool = openPool(1);

const stop = repeat(Number(process.env.WORK_EVERY_MS ?? 200), work);
console.log(`worker ${version} works`);
endOnSigterm(async () => {
  await stop();
  await pool.end();
});

async function work() {
  try {
    await release.recordAction(pool, version);
  } catch (error) {
    console.error(`${isSchemaMismatch(error) ? 'schema-mismatch' : 'database'}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
