/** Reads one thing of a Google API: with the operator's own credentials, or of the stand-in of a local cloud. */

import type { z } from 'zod';
import { ownAccessToken, storageKey } from '#shared/media';
import { type Asked, Google } from '../deploy/google.ts';
import type { GoogleApi, Site } from './site.ts';

/** Once and a little later: the doctor does not wait for a quota. */
const FIRST_PAUSE_MS = 300;

/**
 * @param path - behind the API's address
 * @param asked - with the token of another account than the operator's, if need be
 * @throws {GoogleRefusal}
 */
export function askGoogle<Shape extends z.ZodType>(
  site: Site,
  api: GoogleApi,
  path: string,
  Shape: Shape,
  { token, ...asked }: Asked & { token?: string } = {},
): Promise<z.output<Shape>> {
  const accessToken = () => (token === undefined ? tokenFor(site, api) : Promise.resolve(token));
  const google = new Google({ baseOf: () => site.apiUrl(api), accessToken, firstPauseMs: FIRST_PAUSE_MS });
  return google.ask(`${api}.googleapis.com`, path, Shape, asked);
}

/** Where there is no operator's account, the storage's own key speaks. */
async function tokenFor({ isLocal }: Site, api: GoogleApi): Promise<string> {
  if (!isLocal) return ownAccessToken();
  return (api === 'storage' ? await storageKey()?.accessToken() : undefined) ?? 'owner';
}
