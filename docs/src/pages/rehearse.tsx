import Link from '@docusaurus/Link';
import Layout from '@theme/Layout';
import type { ReactNode } from 'react';
import { Stage } from '../rehearsal/stage';
import styles from './rehearse.module.css';

const quickstart = 'https://github.com/graasp/graasp-deploy/blob/main/examples/quickstart.ts';

export default function Rehearse(): ReactNode {
  return (
    <Layout title="Rehearse a release in this page" description="Run a release with a database migration against a cloud inside this page, let it fail, and find the way back.">
      <main className={`container ${styles.page}`}>
        <h1>Rehearse a release in this page</h1>
        <p className={styles.intro}>
          A shop moves from v1.54.7 to v1.55.0, and its database from schema 41 to 42. The library that would do it on AWS does it here, against a local cloud inside this page: nothing leaves your browser. Break what you like, and find
          the way back: under each line of “Next” stands when to take it.
        </p>
        <noscript>
          <p className={styles.noscript}>
            The rehearsal needs JavaScript. It would show the environment below live: who asks, which rules of the balancer are open, which tasks run, the schema and the snapshots of the database, the log of the release, and for
            every failure what to do next. A whole release runs on your own laptop, in a terminal: <a href={quickstart}>examples/quickstart.ts</a>, with <code>npx tsx examples/quickstart.ts</code>.
          </p>
        </noscript>
        <Stage />
        <p className={styles.more}>
          What you see is no film: it is the library itself, whose calls a local cloud answers as AWS would. The cloud’s time runs faster than yours, and its waits are shorter than AWS’s own. What the states mean:{' '}
          <Link to="/states/">the four states</Link>. Every way back: <Link to="/recipes/#something-has-failed">when something has failed</Link>. A whole release on your own laptop, in a terminal: <a href={quickstart}>examples/quickstart.ts</a>.
        </p>
      </main>
    </Layout>
  );
}
