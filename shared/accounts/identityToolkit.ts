/**
 * Signing in with an e-mail and a password, refreshing, and a letter for who forgot the password, by Firebase Auth's public REST API.
 *
 * @see cloud.google.com/identity-platform/docs/reference/rest/v1/accounts/signInWithPassword
 * @see cloud.google.com/identity-platform/docs/use-rest-api ("exchange a refresh token")
 */
import { z } from 'zod';
import { config, problem, required, send } from '#shared/runtime';
import type { Session } from './schema.ts';

const LIMIT_MS = 10_000;

const SignedIn = z.object({ localId: z.string(), idToken: z.string(), refreshToken: z.string(), expiresIn: z.coerce.number() });
const Refreshed = z.object({ user_id: z.string(), id_token: z.string(), refresh_token: z.string(), expires_in: z.coerce.number() });
const Refused = z.object({ error: z.object({ message: z.string() }) });

/** One answer for all of these: it must not tell whether an e-mail has an account. */
const WRONG_CREDENTIALS = /^(INVALID_LOGIN_CREDENTIALS|INVALID_PASSWORD|EMAIL_NOT_FOUND|USER_DISABLED|INVALID_EMAIL|MISSING_PASSWORD)/;
const SESSION_ENDED = /^(TOKEN_EXPIRED|USER_DISABLED|USER_NOT_FOUND|INVALID_REFRESH_TOKEN|INVALID_GRANT_TYPE|MISSING_REFRESH_TOKEN)/;
const THROTTLE_RETRY_S = 60;

/** @throws `wrong_credentials`, `too_many_attempts` */
export async function signInWithPassword(email: string, password: string): Promise<Session> {
  const answer = await call('identitytoolkit', 'accounts:signInWithPassword', { email, password, returnSecureToken: true });
  if (answer.refusal && WRONG_CREDENTIALS.test(answer.refusal)) throw problem('wrong_credentials');
  const { localId, idToken, refreshToken, expiresIn } = SignedIn.parse(answer.data);
  return { uid: localId, idToken, refreshToken, expiresInS: expiresIn };
}

/** @throws `session_ended` */
export async function exchangeRefreshToken(token: string): Promise<Session> {
  const answer = await call('securetoken', 'token', new URLSearchParams({ grant_type: 'refresh_token', refresh_token: token }));
  if (answer.refusal && SESSION_ENDED.test(answer.refusal)) throw problem('session_ended');
  const { user_id, id_token, refresh_token, expires_in } = Refreshed.parse(answer.data);
  return { uid: user_id, idToken: id_token, refreshToken: refresh_token, expiresInS: expires_in };
}

/**
 * Has Firebase send a letter by which its reader may choose a new password.
 *
 * @see cloud.google.com/identity-platform/docs/reference/rest/v1/accounts/sendOobCode
 * @returns false when it was refused, for one because nobody has this address
 */
export async function sendPasswordReset(email: string): Promise<boolean> {
  const answer = await call('identitytoolkit', 'accounts:sendOobCode', { requestType: 'PASSWORD_RESET', email });
  return answer.refusal === undefined;
}

async function call(
  service: 'identitytoolkit' | 'securetoken',
  method: string,
  body: object,
): Promise<{ data: unknown; refusal?: string }> {
  const emulator = config().FIREBASE_AUTH_EMULATOR_HOST;
  const base = emulator ? `http://${emulator}/${service}.googleapis.com` : `https://${service}.googleapis.com`;
  const { status, data } = await send({
    method: 'POST',
    url: `${base}/v1/${method}`,
    query: { key: required('AUTH_API_KEY') },
    body,
    timeoutMs: LIMIT_MS,
  });
  if (status === 200) return { data };
  const refusal = Refused.safeParse(data).data?.error.message ?? '';
  if (refusal.startsWith('TOO_MANY_ATTEMPTS_TRY_LATER')) throw problem('too_many_attempts', { retryAfterS: THROTTLE_RETRY_S });
  if (status === 400) return { data, refusal };
  // Named as the Admin API names it: what the caller is told is the same.
  throw Object.assign(new Error(`${service} answered ${status}`), status >= 500 ? { code: 'auth/internal-error' } : {});
}
