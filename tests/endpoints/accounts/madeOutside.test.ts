/** People who did not come by our sign-up: made by the SDK in an app, by Google sign-in, by the Admin SDK or in the console. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { authAdmin, forgetUserState } from '#shared/access';
import { database } from '#shared/runtime';
import { deleteAccount } from '../../../functions/accounts/deleteAccount.ts';
import { exportAccount } from '../../../functions/accounts/exportAccount.ts';
import { getProfile } from '../../../functions/accounts/getProfile.ts';
import { updateProfile } from '../../../functions/accounts/updateProfile.ts';
import { createSong } from '../../../functions/songs/createSong.ts';
import { emulators } from '../../support/emulators.ts';
import { type Service, startService } from '../../support/service.ts';

let service: Service;

beforeAll(async () => {
  service = await startService({ settings: { TRUSTED_PROXY_HOPS: '1', TOPMEDIAI_BASE_URL: 'http://127.0.0.1:9' } });
});

afterAll(() => service.close());

/** What the SDKs of Firebase call. */
async function askAuth(method: string, body: object): Promise<string> {
  const url = `http://${emulators().authHost}/identitytoolkit.googleapis.com/v1/accounts:${method}?key=${service.projectId}`;
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ ...body, returnSecureToken: true }) });
  expect(answer.status).toBe(200);
  return ((await answer.json()) as { idToken: string }).idToken;
}

const password = 'a long password';

const WAYS: [how: string, displayName: string, signIn: () => Promise<string>][] = [
  ['in an app by the SDK', 'Listener', () => askAuth('signUp', { email: 'app@sori.example', password })],
  [
    'by signing in with Google',
    'Sora Kim',
    () => {
      const person = JSON.stringify({ sub: '1234567890', email: 'sora@gmail.example', email_verified: true, name: 'Sora Kim' });
      const postBody = new URLSearchParams({ id_token: person, providerId: 'google.com' }).toString();
      return askAuth('signInWithIdp', { postBody, requestUri: 'http://localhost', returnIdpCredential: true });
    },
  ],
  [
    'by the Admin SDK or in the console',
    'Junho',
    async () => {
      await authAdmin((auth) => auth.createUser({ email: 'made@sori.example', password, displayName: 'Junho' }));
      return askAuth('signInWithPassword', { email: 'made@sori.example', password });
    },
  ],
];

describe.each(WAYS)('Somebody made %s', (_how, displayName, signIn) => {
  it('works from the first call on, and once deleted stays out with the token of before; who comes again is somebody new', async () => {
    const token = await signIn();
    const { status, body } = await service.call(getProfile, {}, { token });
    expect({ status, profile: body.profile }).toEqual({ status: 200, profile: expect.objectContaining({ displayName, role: 'user' }) });
    const { uid } = body.profile;
    expect((await service.call(updateProfile, { locale: 'en' }, { token })).status).toBe(200);
    expect((await service.call(createSong, { prompt: 'a calm song' }, { token })).status).toBe(202);
    expect((await service.call(exportAccount, {}, { token })).body.account).toMatchObject({ uid, locale: 'en' });
    expect((await service.call(deleteAccount, {}, { token })).status).toBe(200);
    forgetUserState(uid); // as another instance, which knows nothing of it
    expect((await service.call(getProfile, {}, { token })).problem).toMatchObject({ status: 401, code: 'session_ended' });
    expect((await (await database()).doc(`users/${uid}`).get()).exists).toBe(false);
    const again = await service.call(exportAccount, {}, { token: await signIn() });
    expect(again.body).toMatchObject({ generations: [], account: { displayName, locale: 'ko' } });
    expect(again.body.account.uid).not.toBe(uid);
  });
});
