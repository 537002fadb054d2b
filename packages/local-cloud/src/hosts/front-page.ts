import type { LocalCloud } from '../local-cloud.js';
import { frontPageScript } from './front-page-script.js';
import { frontPageState, type FrontPageState } from './front-page-state.js';
import { frontPageStyle } from './front-page-style.js';
import type { FrontResponse } from './host.js';

const STATE_PATH = '/_local-cloud/state';

/**
 * Answers a browser at the AWS endpoint: `GET /` with a page that shows the environment live, `GET /_local-cloud/state` with
 * what it shows. Undefined for every other request: that is for AWS.
 */
export function answerFrontPage(method: string, path: string, cloud: Pick<LocalCloud, 'inspect' | 'clock' | 'requests'>): FrontResponse | undefined {
  if (method !== 'GET') return undefined;
  if (path === '/') return answer('text/html; charset=utf-8', frontPageHtml(frontPageState(cloud)));
  if (path === STATE_PATH) return answer('application/json', JSON.stringify(frontPageState(cloud)));
  return undefined;
}

function answer(contentType: string, body: string): FrontResponse {
  const headers = {
    'content-type': contentType,
    'cache-control': 'no-store',
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'",
    'x-content-type-options': 'nosniff',
  };
  return { status: 200, headers, body: new TextEncoder().encode(body) };
}

/** The whole page, without anything to load. Shows `state` first, then asks for the newest each second. */
export function frontPageHtml(state: FrontPageState): string {
  // `<` would end the script.
  const embedded = JSON.stringify(state).replaceAll('<', '\\u003c');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Local cloud</title>
<style>${frontPageStyle}</style>
</head>
<body>
<header>
<h1>Local cloud</h1>
<p><time id="at"></time> <span id="connection" role="status"></span></p>
</header>
<main>
<section aria-labelledby="database-title"><h2 id="database-title">Database</h2><p id="database"></p></section>
${table('services', 'Services', ['Service', 'Status', 'Desired', 'Running', 'Pending', 'Revision', 'Rollout'])}
${table('rules', 'Rules of the balancer', ['Listener', 'Priority', 'Name', 'When', 'Then'])}
${table('tasks', 'Tasks', ['Task', 'Of', 'Revision', 'Status', 'Capacity', 'Created', 'End'])}
${table('requests', 'AWS requests', ['At', 'Operation', 'Answer'])}
</main>
<noscript><p>This page needs JavaScript to stay up to date. The state is at <a href="${STATE_PATH}">${STATE_PATH}</a>.</p></noscript>
<script type="application/json" id="state">${embedded}</script>
<script>${frontPageScript}</script>
</body>
</html>
`;
}

/** In a region of its own that scrolls sideways on a small screen, by keyboard too. */
function table(id: string, title: string, columns: readonly string[]): string {
  const head = columns.map((column) => `<th scope="col">${column}</th>`).join('');
  return `<section aria-labelledby="${id}-title"><h2 id="${id}-title">${title}</h2>
<div class="scroll" role="region" aria-labelledby="${id}-title" tabindex="0"><table><thead><tr>${head}</tr></thead><tbody id="${id}"></tbody></table></div></section>`;
}
