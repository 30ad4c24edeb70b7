/** The check of ID tokens that production runs, with signatures and certificates made here. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { authenticate, verifyIdToken } from '#shared/access';
import { hmac, PROJECT, type SignedTokens, signedTokens } from './signedTokens.ts';

let tokens: SignedTokens;

beforeAll(async () => {
  tokens = await signedTokens();
});

afterAll(() => tokens.close());

function atS(offsetS: number): number {
  return tokens.clock.now() / 1000 + offsetS;
}

/** What somebody who sends this is told; a good token would go on to the person's state, which these tests have not. */
async function refusalOf(token: string) {
  const asked = authenticate({ authorization: `Bearer ${token}`, functionName: 'getProfile', access: 'user' }, tokens.clock);
  const { status, code, message } = (await asked.catch((error: unknown) => error)) as { status: number; code: string; message: string };
  return { status, code, message };
}

const REFUSED = { status: 401, code: 'unauthenticated', message: 'This function needs a valid ID token in the Authorization header.' };

describe('A good ID token', () => {
  it('says who calls and since when', async () => {
    expect(await verifyIdToken(await tokens.idToken(), tokens.clock)).toEqual({ uid: 'mina', authTimeS: atS(-1800) });
  });

  it('may come from a clock that is up to 10 s off', async () => {
    for (const change of [{ exp: atS(-9) }, { iat: atS(10) }, { auth_time: atS(10), iat: atS(10) }]) {
      expect(await verifyIdToken(await tokens.idToken(change), tokens.clock)).toMatchObject({ uid: 'mina' });
    }
  });

  it('may name a person by 128 characters', async () => {
    const sub = 'x'.repeat(128);
    expect(await verifyIdToken(await tokens.idToken({ sub }), tokens.clock)).toMatchObject({ uid: sub });
  });
});

describe('An ID token is refused, always in the same words,', () => {
  it.each<[string, () => Record<string, unknown>]>([
    ['of another issuer', () => ({ iss: 'https://securetoken.google.com/another-project' })],
    ['of no issuer', () => ({ iss: undefined })],
    ['with the issuer of service accounts', () => ({ iss: 'https://accounts.google.com' })],
    ['for another project', () => ({ aud: 'another-project' })],
    ['for nobody', () => ({ aud: undefined })],
    ['without a person', () => ({ sub: undefined })],
    ['with an empty person', () => ({ sub: '' })],
    ['with a person of 129 characters', () => ({ sub: 'x'.repeat(129) })],
    ['with a person that is no text', () => ({ sub: 7 })],
    ['with a person that names a document elsewhere', () => ({ sub: 'mina/songs/sng_1' })],
    ['with a person that no document can be named by', () => ({ sub: '__mina__' })],
    ['issued in the future', () => ({ iat: atS(11) })],
    ['without a time of issue', () => ({ iat: undefined })],
    ['signed in in the future', () => ({ auth_time: atS(11) })],
    ['without a time of signing in', () => ({ auth_time: undefined })],
    ['with a time of signing in that is no number', () => ({ auth_time: String(atS(-5)) })],
    ['that ended 10 s ago', () => ({ exp: atS(-10) })],
    ['that never ends', () => ({ exp: undefined })],
    ['with an end that is no number', () => ({ exp: '9999999999' })],
    ['that is not valid yet', () => ({ nbf: atS(11) })],
  ])('%s', async (_what, change) => {
    expect(await refusalOf(await tokens.idToken(change()))).toEqual(REFUSED);
  });

  it('with no signature, however its header puts it', async () => {
    const { keyId } = await tokens.publicKey();
    for (const alg of ['none', 'None', 'NONE', '', undefined, 'RS256']) {
      expect(await refusalOf(tokens.forge({ alg, typ: 'JWT', kid: keyId }, () => ''))).toEqual(REFUSED);
    }
  });

  it('signed with the public key as if it were a shared secret', async () => {
    const { keyId, certificatePem, publicKeyPem } = await tokens.publicKey();
    for (const secret of [certificatePem, publicKeyPem, publicKeyPem.trim()]) {
      expect(await refusalOf(tokens.forge({ alg: 'HS256', typ: 'JWT', kid: keyId }, hmac(secret)))).toEqual(REFUSED);
    }
  });

  it('signed with a key that is not Google’s', async () => {
    expect(await refusalOf(await tokens.signedElsewhere())).toEqual(REFUSED);
    expect(await refusalOf(await tokens.signedElsewhere('0123456789abcdef'))).toEqual(REFUSED);
  });

  it('signed with the key of service accounts', async () => {
    const token = await tokens.google.mintOidcToken({ audience: PROJECT, email: 'someone@sori-signed.iam.gserviceaccount.com' });
    expect(await refusalOf(token)).toEqual(REFUSED);
  });

  it('without a key id, or with one that is no text', async () => {
    for (const kid of [undefined, '', 7, null, ['a'], { a: 1 }, '__proto__', 'constructor']) {
      expect(await refusalOf(tokens.forge({ alg: 'RS256', kid }, () => 'x'))).toEqual(REFUSED);
    }
  });

  it('changed after it was signed', async () => {
    const [header, , signature] = (await tokens.idToken()).split('.');
    const claims = Buffer.from(JSON.stringify(tokens.idClaims({ sub: 'junho' }))).toString('base64url');
    expect(await refusalOf([header, claims, signature].join('.'))).toEqual(REFUSED);
  });

  it('cut off anywhere', async () => {
    const whole = await tokens.idToken();
    const ends = [1, 10, whole.indexOf('.'), whole.indexOf('.') + 1, whole.lastIndexOf('.'), whole.length - 100, whole.length - 2];
    for (const end of ends) expect(await refusalOf(whole.slice(0, end))).toEqual(REFUSED);
  });

  it('that is none at all', async () => {
    for (const text of ['x', '...', 'a.b.c', '.', 'null', `${'A'.repeat(8000)}.e30.e30`, 'bm90IGpzb24.bm90IGpzb24.bm90']) {
      expect(await refusalOf(text)).toEqual(REFUSED);
    }
  });
});

describe('The Authorization header', () => {
  it.each(['', 'Bearer', 'Bearer ', 'Basic bWluYTpzZWNyZXQ=', 'Bearer two tokens', 'mina', 'Bearer \u0000'])(
    '"%s" is refused, for public functions too',
    async (authorization) => {
      for (const access of ['public', 'user', 'admin', 'scheduler'] as const) {
        const asked = authenticate({ authorization, functionName: 'getSong', access }, tokens.clock);
        await expect(asked).rejects.toMatchObject(REFUSED);
      }
    },
  );

  it('may be absent where a function is public, and only there', async () => {
    const asked = (access: 'public' | 'user' | 'admin' | 'scheduler') =>
      authenticate({ authorization: undefined, functionName: 'getSong', access }, tokens.clock);
    expect(await asked('public')).toEqual({ kind: 'anonymous' });
    for (const access of ['user', 'admin', 'scheduler'] as const) await expect(asked(access)).rejects.toMatchObject(REFUSED);
  });
});
