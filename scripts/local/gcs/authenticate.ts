import type { Bearer, LocalGoogle } from '../google/index.ts';
import { refuse } from '../objectStore/gcsError.ts';
import type { Call } from './call.ts';

/** @throws 401 unless the call bears an access token that Google gave out, still in force, of an enabled account */
export async function authenticate(call: Call, google: Pick<LocalGoogle, 'verifyAccessToken'>): Promise<Bearer> {
  const token = /^Bearer +(\S+)$/i.exec(call.headers.authorization ?? '')?.[1];
  const bearer = token && (await google.verifyAccessToken(token));
  if (!bearer) throw refuse.unauthenticated(Boolean(call.headers.authorization));
  return bearer;
}
