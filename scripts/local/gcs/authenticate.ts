import type { LocalGoogle } from '../google/index.ts';
import { refuse } from '../objectStore/gcsError.ts';
import type { Call } from './call.ts';

/** @throws 401 unless the call bears an access token that Google gave out, still in force, of an enabled account */
export async function authenticate(call: Call, google: Pick<LocalGoogle, 'verifyAccessToken'>): Promise<void> {
  const token = /^Bearer +(\S+)$/i.exec(call.headers.authorization ?? '')?.[1];
  if (!token || !(await google.verifyAccessToken(token))) throw refuse.unauthenticated(Boolean(call.headers.authorization));
}
