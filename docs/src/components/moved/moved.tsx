import Link from '@docusaurus/Link';
import { useHistory } from '@docusaurus/router';
import useBaseUrl from '@docusaurus/useBaseUrl';
import Layout from '@theme/Layout';
import { type ReactNode, useEffect } from 'react';

export interface Moved {
  /** Anchor of the old page; `''` is the page itself. */
  readonly anchor: string;
  readonly to: string;
  readonly label: string;
}

/** An old page's place: its anchors lead to where the matter is told now. Without JavaScript it is a list of links. */
export function MovedPage({ title, moved }: { readonly title: string; readonly moved: readonly Moved[] }): ReactNode {
  const { replace } = useHistory();
  const base = useBaseUrl('/');
  useEffect(() => {
    const asked = decodeURIComponent(window.location.hash.replace(/^#/, ''));
    const target = moved.find(({ anchor }) => anchor === asked) ?? moved[0]!;
    replace(base.replace(/\/$/, '') + target.to);
  }, [base, moved, replace]);
  return (
    <Layout title={title} description={`${title}: where it is told now.`}>
      <main className="container margin-vert--lg">
        <h1>{title} has moved</h1>
        <ul>
          {moved.map(({ anchor, to, label }) => (
            <li key={anchor} id={anchor === '' ? undefined : anchor}>
              <Link to={to}>{label}</Link>
            </li>
          ))}
        </ul>
      </main>
    </Layout>
  );
}
