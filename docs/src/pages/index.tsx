import Link from '@docusaurus/Link';
import CodeBlock from '@theme/CodeBlock';
import Layout from '@theme/Layout';
import clsx from 'clsx';
import type { ReactNode } from 'react';
import { Release } from '../components/release/release';
import landing from '../generated/landing.json';
import styles from './index.module.css';

const promises = [
  { title: 'No visitor on a half-migrated database', text: 'The gate is proven closed from outside before anything is touched, and opened only after the new version has been looked at behind it.', to: '/concepts/gate/' },
  { title: 'Nothing is deleted', text: 'Everything that writes is stopped before the snapshot, and a restore keeps what it replaces, with every write, under another name.', to: '/concepts/restore-points/' },
  { title: 'A failure that tells', text: 'What happened, what state the environment is in, and the commands that go on from there. Tests run them after failures.', to: '/reference/failure-table/' },
  { title: 'Rehearsed on a laptop', text: 'A cloud with a real PostgreSQL, real processes and visitors that keep clicking; or in virtual time, an hour in a moment.', to: '/recipes/rehearse-locally/' },
];

export default function Home(): ReactNode {
  return (
    <Layout title="Releases with a database migration" description="Releases a backend version with a database migration on ECS, RDS and an Application Load Balancer, as one typed, resumable recipe.">
      <main>
        <section className={clsx('container', styles.hero)}>
          <div className={styles.pitch}>
            <h1>Release a database migration, and know where you stand</h1>
            <p>
              <code>@graasp/deploy</code> turns the runbook for ECS, RDS and an Application Load Balancer into one typed, resumable recipe: closes the doors, takes the snapshot, migrates, deploys, verifies, and opens again. When something fails
              it says what happened and what to do next.
            </p>
            <p className={styles.actions}>
              <Link className="button button--primary button--lg" to="/rehearse/">
                Rehearse a release here
              </Link>
              <Link className="button button--secondary button--lg" to="/start/five-minutes/">
                Five minutes on a laptop
              </Link>
            </p>
            <p>
              <Link to="/recipes/adopt/">Adopt it for your own environment</Link> · <Link to="/recipes/#something-has-failed">A release has failed: what now?</Link>
            </p>
          </div>
          <Release />
        </section>
        <section className={clsx('container', styles.promises)}>
          {promises.map(({ title, text, to }) => (
            <div key={title}>
              <h2>
                <Link to={to}>{title}</Link>
              </h2>
              <p>{text}</p>
            </div>
          ))}
        </section>
        <section className={clsx('container', styles.script)}>
          <h2>The whole script</h2>
          <CodeBlock language="ts" title="examples/release-shop.ts">
            {landing.script}
          </CodeBlock>
          <p>
            After a failure the ways on are printed as calls of the library, such as <code>resume(env, …)</code>. <code>commands</code> of <code>connect</code> spells them for your shell, as <Link to="/recipes/adopt/#7-when-it-fails">the guide</Link> does with files of its own.
          </p>
          <p>
            Not published yet: <Link to="/start/five-minutes/">try it from a clone</Link>, then <Link to="/recipes/adopt/">rehearse a release of your own environment</Link>. Every block of code on this site is part of a file that tests run or read.
          </p>
        </section>
      </main>
    </Layout>
  );
}
