import { type Clock, problem } from '#shared/runtime';
import type { Access, Caller } from './caller.ts';
import { lookUpUserState } from './userState.ts';
import { verifyIdToken, verifySchedulerToken } from './verifyToken.ts';

export interface Credentials {
  /** The `Authorization` header as it came. */
  authorization: string | undefined;
  functionName: string;
  access: Access;
}

/**
 * Finds out who calls.
 *
 * @throws `unauthenticated` for no token where one is needed and for every bad token, in one text;
 *   `session_ended` for a good token of a person who is signed out, disabled or deleted
 */
export async function authenticate({ authorization, functionName, access }: Credentials, clock: Clock): Promise<Caller> {
  if (authorization === undefined && access === 'public') return { kind: 'anonymous' };
  const token = /^Bearer ([\w.~+/=-]+)$/i.exec(authorization ?? '')?.[1];
  if (!token) throw problem('unauthenticated');
  if (access === 'scheduler') {
    if (!(await verifySchedulerToken(token, functionName, clock))) throw problem('unauthenticated');
    return { kind: 'scheduler' };
  }
  const idToken = await verifyIdToken(token, clock);
  if (!idToken) throw problem('unauthenticated');
  const state = await lookUpUserState(idToken.uid, clock, { fresh: access === 'admin' });
  if (!state.isOpen || idToken.authTimeS < state.validAfterS) throw problem('session_ended');
  return { kind: 'user', uid: idToken.uid, role: state.role };
}

/** @throws `role_required` when a signed-in person calls what is for operators */
export function requireRole(caller: Caller, access: Access): void {
  if (access === 'admin' && !(caller.kind === 'user' && caller.role === 'admin')) throw problem('role_required');
}
