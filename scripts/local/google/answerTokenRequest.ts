/**
 * The token endpoint for service accounts: a JWT signed with the account's key against an access token.
 *
 * Refusals carry Google's codes and texts, because clients tell faults of a key apart by them.
 * @see RFC 7523, 2.1 and 3; https://developers.google.com/identity/protocols/oauth2/service-account#httprest
 */
import jwt from 'jsonwebtoken';
import { z } from 'zod';
import { ACCESS_TOKEN_LIFE_S, type AccessTokens } from './accessTokens.ts';
import type { Accounts } from './accounts.ts';

const GRANT_TYPE = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const GOOGLE_TOKEN_URL = 'https://oauth2.googleapis.com/token';
const SCOPE = /^(https:\/\/www\.googleapis\.com\/auth\/[a-z0-9._-]+|openid|email|profile)$/;
/** So far the clocks may be apart; Google says only "reasonable". */
const CLOCK_SKEW_S = 5 * 60;
const LONGEST_LIFE_S = 3600;
const UNREASONABLE_TIME =
  'Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim.';

const Claims = z.object({
  iss: z.string(),
  aud: z.string(),
  iat: z.number(),
  exp: z.number(),
  scope: z.string().optional(),
  target_audience: z.string().optional(),
});

type Claims = z.output<typeof Claims>;

interface Surroundings {
  accounts: Accounts;
  accessTokens: AccessTokens;
  mintOidcToken(wish: { audience: string; email: string }): Promise<string>;
  /** The address of this endpoint, which an assertion may name as its audience besides Google's own. */
  tokenUrl: string;
  nowMs: number;
}

/** Answers one request. `form` is the body as `application/x-www-form-urlencoded`. */
export async function answerTokenRequest(form: URLSearchParams, around: Surroundings): Promise<TokenAnswer> {
  if (form.get('grant_type') !== GRANT_TYPE)
    return refusal('unsupported_grant_type', `Invalid grant_type: ${form.get('grant_type') ?? ''}`);
  const assertion = form.get('assertion') ?? '';
  const claims = Claims.safeParse(jwt.decode(assertion)).data;
  if (!claims) return refusal('invalid_grant', 'Bad Request');

  const fault = faultOf(assertion, claims, around);
  if (fault) return refusal('invalid_grant', fault);
  if (claims.target_audience) {
    return { status: 200, body: { id_token: await around.mintOidcToken({ audience: claims.target_audience, email: claims.iss }) } };
  }
  const scopes = (claims.scope ?? '').split(' ').filter(Boolean);
  if (scopes.length === 0 || !scopes.every((scope) => SCOPE.test(scope))) {
    return refusal('invalid_scope', 'Invalid OAuth scope or ID token audience provided.');
  }
  const token = around.accessTokens.issue({ email: claims.iss, scopes }, around.nowMs);
  return { status: 200, body: { access_token: token, expires_in: ACCESS_TOKEN_LIFE_S - 1, token_type: 'Bearer' } };
}

export interface TokenAnswer {
  status: 200 | 400;
  body: Record<string, string | number>;
}

function faultOf(assertion: string, claims: Claims, { accounts, tokenUrl, nowMs }: Surroundings): string | undefined {
  const account = accounts.get(claims.iss);
  if (!account) return 'Invalid grant: account not found';
  if (account.isDisabled) return 'Invalid grant: account disabled';
  if (!isSignedBy(account.email, assertion, accounts)) return 'Invalid JWT Signature.';
  if (claims.aud !== tokenUrl && claims.aud !== GOOGLE_TOKEN_URL) return 'Invalid JWT: Failed audience check.';
  const nowS = nowMs / 1000;
  const isReasonable =
    Math.abs(claims.iat - nowS) <= CLOCK_SKEW_S && claims.exp > nowS - CLOCK_SKEW_S && claims.exp - claims.iat <= LONGEST_LIFE_S;
  return isReasonable ? undefined : UNREASONABLE_TIME;
}

function isSignedBy(email: string, assertion: string, accounts: Accounts): boolean {
  const keyId = jwt.decode(assertion, { complete: true })?.header.kid;
  return accounts.publicKeysOf(email, keyId).some((publicKey) => {
    try {
      jwt.verify(assertion, publicKey, { algorithms: ['RS256'], ignoreExpiration: true, ignoreNotBefore: true });
      return true;
    } catch {
      return false;
    }
  });
}

function refusal(error: string, description: string): TokenAnswer {
  return { status: 400, body: { error, error_description: description } };
}
