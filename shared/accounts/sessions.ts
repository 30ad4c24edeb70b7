import { authAdmin, forgetUserState, lookUpUserState, sessionsEndAt, verifyIdToken } from '#shared/access';
import { type Clock, database, problem } from '#shared/runtime';
import { exchangeRefreshToken, signInWithPassword } from './identityToolkit.ts';
import type { Session } from './schema.ts';

/** Our clock and Google's may differ by some of it. */
const MOST_WAIT_MS = 2_000;

/** @throws `wrong_credentials` also for a disabled or deleted account, `too_many_attempts` */
export async function openSession(email: string, password: string, clock: Clock): Promise<Session> {
  const session = await signInWithPassword(email, password);
  const state = await lookUpUserState(session.uid, clock, { fresh: true });
  if (!state.isOpen) throw problem('wrong_credentials');
  const idToken = await verifyIdToken(session.idToken, clock);
  if (!idToken || idToken.authTimeS >= state.validAfterS) return session;
  // Signed out in this very second: a session that begins in it counts as ended, so one of the next second is opened.
  await clock.sleep(Math.min((state.validAfterS - idToken.authTimeS) * 1000, MOST_WAIT_MS));
  return signInWithPassword(email, password);
}

/**
 * A new ID token. Firebase may still exchange a refresh token after the sessions were ended; this does not.
 *
 * @throws `session_ended`
 */
export async function refreshSession(refreshToken: string, clock: Clock): Promise<Session> {
  const session = await exchangeRefreshToken(refreshToken);
  const idToken = await verifyIdToken(session.idToken, clock);
  if (!idToken) throw problem('session_ended');
  const state = await lookUpUserState(idToken.uid, clock, { fresh: true });
  if (!state.isOpen || idToken.authTimeS < state.validAfterS) throw problem('session_ended');
  return session;
}

/** Ends all sessions of the person, on all devices. */
export async function endSessions(uid: string, clock: Clock): Promise<void> {
  const db = await database();
  await db.doc(`userPrivate/${uid}`).update({ validAfterAt: sessionsEndAt(new Date(clock.now())) });
  forgetUserState(uid);
  await authAdmin((auth) => auth.revokeRefreshTokens(uid)); // last: ours alone already ends every session here
}
