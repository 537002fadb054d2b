import Link from '@docusaurus/Link';
import type { Props } from '@theme/NotFound/Content';
import clsx from 'clsx';
import type { ReactNode } from 'react';

const places = [
  { to: '/recipes/#something-has-failed', text: 'A release has failed: every way back' },
  { to: '/recipes/', text: 'Recipes: deploy, migrate, change the state, restore, roll back' },
  { to: '/start/what-it-is/', text: 'What this is, and who it is for' },
  { to: '/reference/errors/', text: 'Errors, and what to do about each' },
  { to: '/', text: 'The first page' },
];

/** The original sends the reader back to whoever linked here; at 2 a.m. somebody would rather go on. */
export default function NotFoundContent({ className }: Props): ReactNode {
  return (
    <main className={clsx('container margin-vert--xl', className)}>
      <h1>There is no such page</h1>
      <p>It was moved, or the link has a mistake. Search above, or go on here:</p>
      <ul>
        {places.map(({ to, text }) => (
          <li key={to}>
            <Link to={to}>{text}</Link>
          </li>
        ))}
      </ul>
    </main>
  );
}
