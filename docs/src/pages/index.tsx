import Link from '@docusaurus/Link';
import Layout from '@theme/Layout';
import type { ReactNode } from 'react';

export default function Home(): ReactNode {
  return (
    <Layout description="Releases with a database migration">
      <main className="container margin-vert--lg">
        <h1>@graasp/deploy</h1>
        <Link to="/start/five-minutes/">Five minutes</Link>
      </main>
    </Layout>
  );
}
