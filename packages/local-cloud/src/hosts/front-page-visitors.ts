import type { InspectedRule, Visit } from '../inspection.js';
import { headersOf } from './front-page-rules.js';

/** What visitors of one address were answered lately. */
export interface FrontPageRoute {
  /** Method, unless it is GET, and address without https. */
  readonly route: string;
  /** Equal answers in a row are one; the last one is the newest. */
  readonly answers: readonly FrontPageAnswer[];
}

export interface FrontPageAnswer {
  readonly answer: string;
  readonly status: number;
  readonly count: number;
}

const VISITS_READ = 4_000;
const ANSWERS_SHOWN = 6;

/** By address. A request with a header that a rule asks for is an operator's, and left out; so are queries, which may tell anything. */
export function routesOf(visits: readonly Visit[], rules: readonly InspectedRule[]): readonly FrontPageRoute[] {
  const headers = new Set(rules.flatMap(headersOf));
  const routes = new Map<string, FrontPageAnswer[]>();
  for (const visit of visits.slice(-VISITS_READ)) {
    if (visit.headerNames.some((name) => headers.has(name))) continue;
    const route = `${visit.method === 'GET' ? '' : `${visit.method} `}${withoutQuery(visit.url).replace('https://', '')}`;
    const known = routes.get(route) ?? [];
    routes.set(route, withAnswer(known, { answer: answerOf(visit), status: visit.status, count: 1 }));
  }
  return [...routes].map(([route, answers]) => ({ route, answers: answers.slice(-ANSWERS_SHOWN) })).sort((one, other) => one.route.localeCompare(other.route, 'en'));
}

/** Adds to the last of them, or to the list. */
function withAnswer(answers: FrontPageAnswer[], next: FrontPageAnswer): FrontPageAnswer[] {
  const last = answers.at(-1);
  if (last?.answer === next.answer) answers.splice(-1, 1, { ...last, count: last.count + 1 });
  else answers.push(next);
  return answers;
}

function answerOf({ status, version, location }: Visit): string {
  if (location !== null) return `${status} to ${withoutQuery(location).replace(/^\w+:\/\//, '').replace(/:443|\/$/g, '')}`;
  return version === null ? String(status) : `${status} ${version}`;
}

function withoutQuery(url: string): string {
  return url.split(/[?#]/, 1)[0] ?? '';
}
