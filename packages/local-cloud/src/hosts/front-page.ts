import { frontPageScript } from './front-page-script.js';
import { frontPageState, type FrontPageState, type ShownCloud } from './front-page-state.js';
import { frontPageStyle } from './front-page-style.js';
import type { FrontResponse } from './host.js';

const STATE_PATH = '/_local-cloud/state';

/**
 * Answers a browser at the AWS endpoint: `GET /` with a page that shows the environment live, `GET /_local-cloud/state` with
 * what it shows. Undefined for every other request: that is for AWS.
 */
export function answerFrontPage(method: string, path: string, cloud: ShownCloud): FrontResponse | undefined {
  if (method !== 'GET') return undefined;
  if (path === '/') return answer('text/html; charset=utf-8', frontPageHtml(frontPageState(cloud)));
  if (path === STATE_PATH) return answer('application/json', JSON.stringify(frontPageState(cloud)));
  return undefined;
}

function answer(contentType: string, body: string): FrontResponse {
  const headers = {
    'content-type': contentType,
    'cache-control': 'no-store',
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
  };
  return { status: 200, headers, body: new TextEncoder().encode(body) };
}

const icon = "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'><path fill='%231652c9' d='M4.5 13a3.5 3.5 0 0 1-.4-7 4.5 4.5 0 0 1 8.6 1.2A3 3 0 0 1 12 13z'/></svg>";

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
<link rel="icon" href="${icon}">
<style>${frontPageStyle}</style>
</head>
<body>
<header>
<h1>Local cloud</h1>
<p id="connection" role="status"></p>
<p><time id="at"></time></p>
</header>
<noscript><p>This page needs JavaScript. What it would show is at <a href="${STATE_PATH}">${STATE_PATH}</a>.</p></noscript>
<main>
<dl id="summary" aria-label="State"></dl>
<div class="columns">
<div>
${section('services', 'Services', table('services', ['Service', 'Running', 'Revision', 'Deployment', 'Tasks']))}
${section('databases', 'Database', `${table('databases', ['Instance', 'Status', 'Address'])}${table('snapshots', ['Snapshot', 'Status', 'Taken of', 'Begun'])}`)}
</div>
${section('requests', 'Calls to AWS', `<p class="bar"><label><input type="checkbox" id="reads"> Show reads too</label> <span id="counts"></span></p><div class="scroll" role="region" aria-labelledby="requests-title" tabindex="0">${table('requests', ['At', 'Operation', 'On', 'Answer'])}</div>`)}
</div>
${section('visitors', 'What visitors are answered', `<p class="bar">By address. Equal answers in a row are counted, the newest stands last.</p>${table('visitors', ['Address', 'Answers'])}`)}
${section('tasks', 'One-off and ended tasks', table('tasks', ['Created', 'Task of', 'Revision', 'Status', 'End', 'Capacity', 'Identifier']))}
${section('rules', 'Rules of the balancer', table('rules', ['Priority', 'Name', 'Visitors', 'When', 'Then']))}
</main>
<script type="application/json" id="state">${embedded}</script>
<script>${frontPageScript}</script>
</body>
</html>
`;
}

function section(id: string, title: string, content: string): string {
  return `<section class="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${title}</h2>
${content}</section>`;
}

/** Roles are told: a small screen shows rows as blocks, which would end their being a table. */
function table(id: string, columns: readonly string[]): string {
  const head = columns.map((column) => `<th scope="col" role="columnheader">${column}</th>`).join('');
  return `<table role="table"><thead role="rowgroup"><tr role="row">${head}</tr></thead><tbody id="${id}" role="rowgroup"></tbody></table>`;
}
