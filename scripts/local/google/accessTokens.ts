/**
 * Access tokens: opaque to whoever holds them, and checked without a list of those given out.
 *
 * A token carries its account and its end under an HMAC. A restart therefore ends no client's token.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';

export const ACCESS_TOKEN_LIFE_S = 3600;

const Content = z.object({ email: z.string(), expiresAtS: z.number() });

export interface AccessTokens {
  issue(email: string, nowMs: number): string;
  /** The account of a token of ours that has not ended; nothing is said about the account itself. */
  read(token: string, nowMs: number): { email: string } | undefined;
}

export function accessTokensWith(secret: string): AccessTokens {
  const seal = (content: string) => createHmac('sha256', secret).update(content).digest();

  return {
    issue(email, nowMs) {
      const expiresAtS = Math.floor(nowMs / 1000) + ACCESS_TOKEN_LIFE_S;
      const content = Buffer.from(JSON.stringify({ email, expiresAtS })).toString('base64url');
      return `ya29.${content}.${seal(content).toString('base64url')}`;
    },

    read(token, nowMs) {
      const [prefix, content = '', given = ''] = token.split('.');
      const expected = seal(content);
      const actual = Buffer.from(given, 'base64url');
      if (prefix !== 'ya29' || actual.length !== expected.length || !timingSafeEqual(actual, expected)) return undefined;
      const { email, expiresAtS } = Content.parse(JSON.parse(Buffer.from(content, 'base64url').toString()));
      return expiresAtS * 1000 > nowMs ? { email } : undefined;
    },
  };
}
