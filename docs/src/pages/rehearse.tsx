import Layout from '@theme/Layout';
import type { ReactNode } from 'react';

export default function Rehearse(): ReactNode {
  return (
    <Layout title="Rehearse a release" description="A release against a cloud inside this page.">
      <main className="container margin-vert--lg">
        <h1>Rehearse a release</h1>
      </main>
    </Layout>
  );
}
