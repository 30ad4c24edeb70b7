import { type CallerOf, recallUserState, type TicketClaims, verifyTicket } from '#shared/access';
import { type Clock, problem } from '#shared/runtime';
import type { TicketedObject } from './endpoint.ts';
import type { Exchange } from './exchange.ts';

type Holder = CallerOf<'public'>;

/**
 * The caller whom a ticket stands for, for functions that take tickets. What was begun to play goes on while the database is away, for
 * everybody but whom this process knows to be locked out.
 *
 * @returns undefined when the request came without a ticket
 * @throws `unauthenticated` for a ticket that is not ours, has lapsed, or is for something else; `session_ended`
 */
export async function readTicket(
  { endpoint, url }: Exchange,
  clock: Clock,
): Promise<{ caller: Holder; object?: TicketedObject } | undefined> {
  const ticket = endpoint.ticket && url.searchParams.get('ticket');
  if (!ticket) return undefined;
  const { claims, issuedAtS = 0 } = verifyTicket(ticket, clock.now()) ?? {};
  if (!claims || claims.use !== endpoint.ticket) throw problem('unauthenticated');
  if (claims.use !== 'pictures' && claims.songId !== url.searchParams.get('songId')) throw problem('unauthenticated');
  const caller = await callerOf(claims, issuedAtS, clock);
  if (claims.use === 'pictures') return { caller };
  const { jti: ticketId, storeId, object, songId } = claims;
  const held = { songId, issuedAt: new Date(issuedAtS * 1000).toISOString() };
  return { caller: { ...caller, ticket: held }, object: { ticketId, storeId, ...object } };
}

/** A ticket ends with the sessions of whom it was made for. */
async function callerOf({ subject }: TicketClaims, issuedAtS: number, clock: Clock): Promise<Holder> {
  if (subject === null) return { kind: 'anonymous' };
  const state = await recallUserState(subject, clock);
  if (!state) return { kind: 'user', uid: subject, role: 'user' }; // nobody can look, and nobody here has met him
  if (!state.isOpen || issuedAtS < state.validAfterS) throw problem('session_ended');
  return { kind: 'user', uid: subject, role: state.role };
}
