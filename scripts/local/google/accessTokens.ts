/**
 * Access tokens: opaque to whoever holds them, and checked without a list of those given out.
 *
 * A token carries its account and its end under an HMAC. A restart therefore ends no client's token.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';

export const ACCESS_TOKEN_LIFE_S = 3600;

const Content = z.object({ email: z.string(), expiresAtS: z.number(), scopes: z.array(z.string()) });

/** Whose token it is and what it was asked for. */
export interface Bearer {
  email: string;
  scopes: string[];
}

export interface AccessTokens {
  issue(bearer: Bearer, nowMs: number): string;
  /** The bearer of a token of ours that has not ended; nothing is said about the account itself. */
  read(token: string, nowMs: number): Bearer | undefined;
}

export function accessTokensWith(secret: string): AccessTokens {
  const seal = (content: string) => createHmac('sha256', secret).update(content).digest();

  return {
    issue(bearer, nowMs) {
      const expiresAtS = Math.floor(nowMs / 1000) + ACCESS_TOKEN_LIFE_S;
      const content = Buffer.from(JSON.stringify({ ...bearer, expiresAtS })).toString('base64url');
      return `ya29.${content}.${seal(content).toString('base64url')}`;
    },

    read(token, nowMs) {
      const [prefix, content = '', given = ''] = token.split('.');
      const expected = seal(content);
      const actual = Buffer.from(given, 'base64url');
      if (prefix !== 'ya29' || actual.length !== expected.length || !timingSafeEqual(actual, expected)) return undefined;
      const read = Content.safeParse(JSON.parse(Buffer.from(content, 'base64url').toString())).data;
      return read && read.expiresAtS * 1000 > nowMs ? { email: read.email, scopes: read.scopes } : undefined;
    },
  };
}
