import type { SdkError } from '../aws/classify.js';

/** What a registry answered instead of what was asked for; in the shape in which AWS's clients throw, so that both are retried alike. */
export class RegistryFault extends Error implements SdkError {
  readonly Code: string;
  readonly $metadata: { readonly httpStatusCode: number };
  constructor(status: number, code: string, message: string) {
    super(message);
    this.name = nameOf(status, code, message);
    this.Code = code;
    this.$metadata = { httpStatusCode: status };
  }
}

/** ECR answers 403 to a token that has expired, and its public registry 400; neither has a challenge then. */
function nameOf(status: number, code: string, message: string): string {
  if (/authorization token (has expired|is invalid)/i.test(message)) return 'ExpiredToken';
  if (status === 401) return 'AuthFailure';
  return status === 404 ? 'RegistryNotFound' : code === '' ? 'RegistryFault' : code;
}

interface ErrorBody {
  readonly errors?: readonly { readonly code?: string; readonly message?: string }[];
}

/** The fault that an answer tells of. */
export async function faultOf(response: Response): Promise<RegistryFault> {
  const body = (await response.json().catch(() => null)) as ErrorBody | null;
  const { code = '', message = '' } = body?.errors?.[0] ?? {};
  return new RegistryFault(response.status, code, message === '' ? `HTTP ${response.status}` : message);
}
