import { type Caller, lookUpUserState, verifyTicket } from '#shared/access';
import { type Clock, problem } from '#shared/runtime';
import type { TicketedObject } from './endpoint.ts';
import type { Exchange } from './exchange.ts';

/**
 * The caller whom a ticket stands for, for functions that take tickets.
 *
 * @returns undefined when the request came without a ticket
 * @throws `unauthenticated` for a ticket that is not ours, has lapsed, or is for something else; `session_ended`
 */
export async function readTicket(
  { endpoint, url }: Exchange,
  clock: Clock,
): Promise<{ caller: Caller; object?: TicketedObject } | undefined> {
  const ticket = endpoint.ticket && url.searchParams.get('ticket');
  if (!ticket) return undefined;
  const { claims, issuedAtS } = verifyTicket(ticket, clock.now()) ?? {};
  if (!claims || claims.use !== endpoint.ticket) throw problem('unauthenticated');
  if (claims.use !== 'pictures' && claims.songId !== url.searchParams.get('songId')) throw problem('unauthenticated');
  const caller = await callerOf(claims.subject, issuedAtS ?? 0, clock);
  return claims.use === 'pictures' ? { caller } : { caller, object: { ticketId: claims.jti, storeId: claims.storeId, ...claims.object } };
}

/** A ticket ends with the sessions of whom it was made for. */
async function callerOf(subject: string | null, issuedAtS: number, clock: Clock): Promise<Caller> {
  if (subject === null) return { kind: 'anonymous' };
  const state = await lookUpUserState(subject, clock);
  if (!state.isOpen || issuedAtS < state.validAfterS) throw problem('session_ended');
  return { kind: 'user', uid: subject, role: state.role };
}
