// #region main
import type { ImageDeclaration, ModelRequest } from '@graasp/local-cloud';

export interface OfficeModel {
  readonly image: ImageDeclaration;
  /** How often it has begun to rebuild the index. */
  readonly rebuilds: number;
  /** The next rebuild gives up half-way. */
  failNext(): void;
}

const products = 1200;
const indexedPerSecond = 10;

/** The office of `guide/account.ts`, as far as the recipe knows it: it rebuilds a search index in two minutes of the cloud's time. */
export function officeModel(): OfficeModel {
  let rebuilds = 0;
  let startedAt: number | null = null;
  let fails = false;
  const indexedAt = (now: number) => (startedAt === null ? 0 : Math.min(products, Math.floor(((now - startedAt) / 1000) * indexedPerSecond)));

  const respond = ({ method, path, at }: ModelRequest) => {
    if (path !== '/search-index') return undefined;
    if (method === 'POST' && startedAt === null) [startedAt, rebuilds] = [at, rebuilds + 1];
    const indexed = fails ? Math.min(products / 2, indexedAt(at)) : indexedAt(at);
    const status = indexed === products ? 'done' : fails && indexed === products / 2 ? 'failed' : 'running';
    return { status: 200, body: JSON.stringify({ status, indexed, products }) };
  };
  return {
    image: { reference: 'office:3', model: { kind: 'server', respond } },
    get rebuilds() {
      return rebuilds;
    },
    failNext: () => void (fails = true),
  };
}
// #endregion main
