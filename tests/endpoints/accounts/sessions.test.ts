import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { getProfile } from '../../../functions/accounts/getProfile.ts';
import { refreshSession } from '../../../functions/accounts/refreshSession.ts';
import { signIn } from '../../../functions/accounts/signIn.ts';
import { signOut } from '../../../functions/accounts/signOut.ts';
import { signUp } from '../../../functions/accounts/signUp.ts';
import { type Service, startService } from '../../support/service.ts';

let service: Service;

beforeAll(async () => {
  service = await startService();
});

afterAll(() => service.close());

const PASSWORD = 'correct horse battery';

function newListener(email: string) {
  return service.call(signUp, { email, password: PASSWORD, displayName: '미나', locale: 'ko' });
}

describe('sessions', () => {
  it('a new listener gets a session and a profile, and the session works', async () => {
    const { status, body } = await newListener('Mina@sori.example');
    expect(status).toBe(201);
    const { profile } = (await service.call(getProfile, {}, { token: body.session.idToken })).body;
    expect(profile).toEqual(body.profile);
    expect(profile).toEqual({
      uid: body.session.uid,
      email: 'mina@sori.example',
      displayName: '미나',
      locale: 'ko',
      role: 'user',
      createdAt: expect.any(String),
      allowance: { songsPerDay: 10, songsLeftToday: 10, storageBytes: 5 * 1024 ** 3, storageUsedBytes: 0 },
    });
  });

  it('a second account with the same e-mail is refused', async () => {
    await newListener('twice@sori.example');
    const { problem } = await newListener('twice@sori.example');
    expect(problem).toMatchObject({ status: 409, code: 'email_taken' });
  });

  it('a wrong password and an unknown e-mail get the same answer', async () => {
    await newListener('known@sori.example');
    const wrong = await service.call(signIn, { email: 'known@sori.example', password: 'not my password' });
    const unknown = await service.call(signIn, { email: 'unknown@sori.example', password: 'not my password' });
    expect(wrong.problem).toMatchObject({ status: 401, code: 'wrong_credentials' });
    expect({ ...unknown.problem, requestId: '' }).toEqual({ ...wrong.problem, requestId: '' });
  });

  it('the eleventh failed sign-in of an account within 15 minutes is refused, the right password too', async () => {
    await newListener('guessed@sori.example');
    const guess = () => service.call(signIn, { email: 'guessed@sori.example', password: 'not my password' });
    const guesses = await Promise.all(Array.from({ length: 12 }, guess));
    expect(guesses.map(({ status }) => status).sort()).toEqual([...Array(10).fill(401), 429, 429]);
    const { problem, headers } = await service.call(signIn, { email: 'guessed@sori.example', password: PASSWORD });
    expect(problem).toMatchObject({ status: 429, code: 'too_many_attempts' });
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(800);
  });

  it('signing out ends every session at once, and a session opened right after it works', async () => {
    const first = (await newListener('leaving@sori.example')).body.session;
    const second = (await service.call(signIn, { email: 'leaving@sori.example', password: PASSWORD })).body.session;
    expect((await service.call(signOut, {}, { token: first.idToken })).body).toEqual({ signedOut: true });
    for (const { idToken } of [first, second]) {
      expect((await service.call(getProfile, {}, { token: idToken })).problem).toMatchObject({ status: 401, code: 'session_ended' });
    }
    expect((await service.call(refreshSession, { refreshToken: second.refreshToken })).problem).toMatchObject({ code: 'session_ended' });
    const third = (await service.call(signIn, { email: 'leaving@sori.example', password: PASSWORD })).body.session;
    expect((await service.call(getProfile, {}, { token: third.idToken })).status).toBe(200);
  });

  it('a refresh token gives a new session of the same person', async () => {
    const { session } = (await newListener('staying@sori.example')).body;
    const refreshed = await service.call(refreshSession, { refreshToken: session.refreshToken });
    expect(refreshed.body.session).toMatchObject({ uid: session.uid, expiresInS: 3600 });
    expect((await service.call(refreshSession, { refreshToken: 'nonsense' })).problem).toMatchObject({ code: 'session_ended' });
  });
});
