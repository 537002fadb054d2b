import type { ModelRequest, ModelResponse, ModelServer } from '@graasp/local-cloud';

/** Who may ask the local cloud's Umami, and about which website. */
export const localUmami = { websiteId: '86d4095c-a2a8-4fc8-9521-103e858e2b41', username: 'releases', password: 'umami-on-this-machine' };

const activeMs = 5 * 60_000;

/** The model twin of `apps/umami/umami.mjs`: counts as active whom /api/send was told of within the last five minutes of the cloud's time. */
export function umamiModel(): ModelServer {
  const heardOf = new Map<string, number>();
  const tokens = new Set<string>();

  const respond = (request: ModelRequest): ModelResponse | undefined => {
    switch (`${request.method} ${request.path}`) {
      case 'POST /api/auth/login':
        return logIn(request);
      case 'POST /api/send':
        heardOf.set(`${request.headers['x-forwarded-for']} ${request.headers['user-agent']}`, request.at);
        return json(200, { ok: true });
      case `GET /api/websites/${localUmami.websiteId}/active`:
        if (!tokens.has(request.headers['authorization'] ?? '')) return json(401, { error: 'Unauthorized' });
        return json(200, { visitors: [...heardOf.values()].filter((at) => request.at - at < activeMs).length });
      default:
        return undefined;
    }
  };
  const logIn = ({ body }: ModelRequest): ModelResponse => {
    const { username, password } = JSON.parse(body) as { readonly username?: unknown; readonly password?: unknown };
    if (username !== localUmami.username || password !== localUmami.password) return json(401, { message: 'incorrect-username-password' });
    const token = `token-${tokens.size + 1}`;
    tokens.add(`Bearer ${token}`);
    return json(200, { token, user: { username } });
  };
  return { kind: 'server', respond };
}

function json(status: number, body: object): ModelResponse {
  return { status, body: JSON.stringify(body) };
}
