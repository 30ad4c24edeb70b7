import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { authenticate } from '#shared/access';
import { SCHEDULER, SERVICE_URL, type SignedTokens, signedTokens } from './signedTokens.ts';

let tokens: SignedTokens;

beforeAll(async () => {
  tokens = await signedTokens();
});

afterAll(() => tokens.close());

const AUDIENCE = `${SERVICE_URL}/advanceGenerations`;

function call(token: string, functionName = 'advanceGenerations') {
  return authenticate({ authorization: `Bearer ${token}`, functionName, access: 'scheduler' }, tokens.clock);
}

const REFUSED = { status: 401, code: 'unauthenticated' };

describe('A scheduled function', () => {
  it('runs when Cloud Scheduler calls it in the name of our service account', async () => {
    const token = await tokens.oidcToken('advanceGenerations');
    expect(await call(token)).toEqual({ kind: 'scheduler' });
  });

  it('refuses another service account', async () => {
    const token = await tokens.oidcToken('advanceGenerations', { email: 'other@sori-signed.iam.gserviceaccount.com' });
    await expect(call(token)).rejects.toMatchObject(REFUSED);
  });

  it('refuses a token that was made for another function or another service', async () => {
    for (const aud of [`${SERVICE_URL}/backUpDatabase`, SERVICE_URL, 'https://elsewhere.example/v1/advanceGenerations']) {
      const token = await tokens.oidcToken('advanceGenerations', { aud });
      await expect(call(token)).rejects.toMatchObject(REFUSED);
    }
  });

  it('refuses a token whose signature was taken away: here no front end of Google has checked it', async () => {
    const [header, claims] = (await tokens.oidcToken('advanceGenerations')).split('.');
    await expect(call(`${header}.${claims}.SIGNATURE_REMOVED_BY_GOOGLE`)).rejects.toMatchObject(REFUSED);
  });

  it('refuses a token whose hour is over', async () => {
    const token = await tokens.oidcToken('advanceGenerations');
    tokens.clock.advance(3_611_000);
    await expect(call(token)).rejects.toMatchObject(REFUSED);
  });

  it('refuses a person, an operator too', async () => {
    await expect(call(await tokens.idToken())).rejects.toMatchObject(REFUSED);
    await expect(call(await tokens.idToken({ aud: AUDIENCE, email: SCHEDULER, email_verified: true }))).rejects.toMatchObject(REFUSED);
  });

  it.each([
    ['whose e-mail nobody has verified', { email_verified: false }],
    ['that does not say whether its e-mail is verified', { email_verified: undefined }],
    ['without an e-mail', { email: undefined }],
    ['of another issuer', { iss: 'https://securetoken.google.com/sori-signed' }],
    ['that never ends', { exp: undefined }],
  ])('refuses a token %s', async (_what, change) => {
    await expect(call(await tokens.oidcToken('advanceGenerations', change))).rejects.toMatchObject(REFUSED);
  });
});
