import { createSecretKey, type KeyObject } from 'node:crypto';
import jwt from 'jsonwebtoken';
import { z } from 'zod';
import { required } from '#shared/runtime';

/** Written into each ticket and asked for at each check, so that no other JWT signed with the same secret can stand in for one. */
const AUDIENCE = 'sori:media-ticket';
const LIFE_S = 6 * 60 * 60;

let key: KeyObject | undefined;

/** As a key, made once: of a text the library finds out at each check that it is no public key, which takes longer than the check. */
function secret(): KeyObject {
  key ??= createSecretKey(Buffer.from(required('JWT_SECRET')));
  return key;
}

const TicketedObject = z.object({
  name: z.string().min(1),
  bytes: z.int().min(0),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  contentType: z.string().min(1),
});

const Holder = { jti: z.string().min(1), subject: z.string().min(1).nullable() };
const OneObject = { ...Holder, songId: z.string().min(1), storeId: z.string().min(1), object: TicketedObject };

const TicketClaims = z.discriminatedUnion('use', [
  z.object({ use: z.literal('audio'), ...OneObject }),
  z.object({ use: z.literal('cover'), ...OneObject }),
  z.object({ use: z.literal('pictures'), ...Holder, subject: z.string().min(1) }),
]);

/**
 * What a ticket allows. `audio` and `cover`: this object of this song, in the store that the listen is pinned to; the object's
 * size and checksum travel along, so that it can be served while the database is down. `pictures`: all pictures of the subject.
 * `subject` is the uid that asked, or null for a caller without a token. `jti` tells listens apart: one ticket, one play.
 */
export type TicketClaims = z.output<typeof TicketClaims>;

/** Makes a ticket that holds for six hours, or for `lifeS` seconds. Times are milliseconds since the epoch. */
export function issueTicket(
  claims: TicketClaims,
  { now, lifeS = LIFE_S }: { now: number; lifeS?: number },
): { ticket: string; expiresAt: Date } {
  const iat = Math.floor(now / 1000);
  const exp = iat + lifeS;
  const ticket = jwt.sign({ ...claims, iat, exp }, secret(), { algorithm: 'HS256', audience: AUDIENCE });
  return { ticket, expiresAt: new Date(exp * 1000) };
}

const Verified = TicketClaims.and(z.object({ iat: z.number() })).transform(({ iat, ...claims }) => ({ claims, issuedAtS: iat }));

/**
 * The claims of a ticket of ours that still holds, and when it was made, in seconds since the epoch; `undefined` for any other
 * text, whatever is wrong with it.
 */
export function verifyTicket(ticket: string, now: number): { claims: TicketClaims; issuedAtS: number } | undefined {
  try {
    const options = { algorithms: ['HS256' as const], audience: AUDIENCE, clockTimestamp: Math.floor(now / 1000) };
    return Verified.safeParse(jwt.verify(ticket, secret(), options)).data;
  } catch (error) {
    if (error instanceof jwt.JsonWebTokenError) return undefined; // its kinds cover expiry and "not before" too
    throw error;
  }
}
