/** Cloud Scheduler's calls as they reach a function on Google: checked by the front end, which has taken the signature away. */
import { beforeAll, describe, expect, it } from '@jest/globals';
import { authenticate } from '#shared/access';
import { STAND_IN_SETTINGS } from '#shared/runtime';
import { TestClock } from '../../support/clock.ts';

const SCHEDULER = 'sori-scheduler@sori-live.iam.gserviceaccount.com';
const AUDIENCE = 'https://asia-northeast3-sori-live.cloudfunctions.net/advanceGenerations';
const REFUSED = { status: 401, code: 'unauthenticated' };

const clock = new TestClock(Date.parse('2026-11-23T09:00:00Z'));

beforeAll(() => {
  for (const name of STAND_IN_SETTINGS) delete process.env[name];
  Object.assign(process.env, {
    GOOGLE_CLOUD_PROJECT: 'sori-live',
    K_SERVICE: 'advancegenerations',
    SCHEDULER_SERVICE_ACCOUNT: SCHEDULER,
    SERVICE_URL: 'https://music.example/v1', // a domain of one's own before the functions
    LOG_LEVEL: 'silent',
  });
});

function token(change: Record<string, unknown> = {}, signature = 'SIGNATURE_REMOVED_BY_GOOGLE'): string {
  const nowS = clock.now() / 1000;
  const claims = { iss: 'https://accounts.google.com', aud: AUDIENCE, email: SCHEDULER, email_verified: true, iat: nowS, exp: nowS + 3600 };
  const parts = [
    { alg: 'RS256', kid: 'key-1', typ: 'JWT' },
    { ...claims, ...change },
  ];
  return [...parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')), signature].join('.');
}

function call(authorization: string) {
  return authenticate({ authorization: `Bearer ${authorization}`, functionName: 'advanceGenerations', access: 'scheduler' }, clock);
}

describe('A scheduled function on Google', () => {
  it('runs when the front end has let the Scheduler in, whatever domain stands before the functions', async () => {
    expect(await call(token())).toEqual({ kind: 'scheduler' });
  });

  it.each([
    ['of another account', { email: 'other@sori-live.iam.gserviceaccount.com' }],
    ['whose e-mail nobody has verified', { email_verified: false }],
    ['for another function', { aud: AUDIENCE.replace('advanceGenerations', 'backUpDatabase') }],
    ['of another issuer', { iss: 'https://securetoken.google.com/sori-live' }],
    ['whose hour is over', { exp: clock.now() / 1000 - 60 }],
  ])('refuses a token %s', async (_what, change) => {
    await expect(call(token(change))).rejects.toMatchObject(REFUSED);
  });

  it.each([
    ['no token at all', 'SIGNATURE_REMOVED_BY_GOOGLE'],
    ['claims that are no JSON', 'a.b.SIGNATURE_REMOVED_BY_GOOGLE'],
  ])('refuses %s', async (_what, text) => {
    await expect(call(text)).rejects.toMatchObject(REFUSED);
  });
});
