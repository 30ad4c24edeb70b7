import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { requestPasswordReset } from '../../../functions/accounts/requestPasswordReset.ts';
import { signIn } from '../../../functions/accounts/signIn.ts';
import { signUpPerson } from '../../support/callers.ts';
import { emulators } from '../../support/emulators.ts';
import { type Service, startService } from '../../support/service.ts';

let service: Service;

beforeAll(async () => {
  service = await startService({ settings: { TRUSTED_PROXY_HOPS: '1' } });
});

afterAll(() => service.close());

/** The emulator keeps its letters where a test can read them. */
async function letters(): Promise<{ email: string; oobCode: string }[]> {
  const { authHost } = emulators();
  const answer = await fetch(`http://${authHost}/emulator/v1/projects/${service.projectId}/oobCodes`);
  return ((await answer.json()) as { oobCodes: { email: string; oobCode: string }[] }).oobCodes;
}

async function choosePassword(oobCode: string, newPassword: string): Promise<number> {
  const { authHost } = emulators();
  const url = `http://${authHost}/identitytoolkit.googleapis.com/v1/accounts:resetPassword?key=${service.projectId}`;
  const headers = { 'content-type': 'application/json' };
  return (await fetch(url, { method: 'POST', headers, body: JSON.stringify({ oobCode, newPassword }) })).status;
}

describe('A forgotten password', () => {
  it('is replaced by what its owner chooses with the code of the letter', async () => {
    const { email, password } = await signUpPerson(service);
    const { status, body } = await service.call(requestPasswordReset, { email: ` ${email.toUpperCase()}` });
    expect({ status, body }).toEqual({ status: 202, body: {} });
    const [letter, ...others] = await letters();
    expect({ to: letter?.email, others }).toEqual({ to: email, others: [] });
    expect(await choosePassword(letter!.oobCode, 'another long password')).toBe(200);
    expect((await service.call(signIn, { email, password })).problem).toMatchObject({ code: 'wrong_credentials' });
    expect((await service.call(signIn, { email, password: 'another long password' })).status).toBe(200);
  });

  it.each([
    ['shorter than we would take', 'sixsix'],
    ['longer than we would take', '긴 비밀번호'.repeat(40)],
  ])('may be %s: whoever chose it on the page of the letter gets in by it', async (_what, chosen) => {
    const { email } = await signUpPerson(service);
    await service.call(requestPasswordReset, { email });
    const letter = (await letters()).findLast(({ email: to }) => to === email);
    expect(await choosePassword(letter!.oobCode, chosen)).toBe(200);
    expect((await service.call(signIn, { email, password: chosen })).status).toBe(200);
  });

  it('of an address that nobody has gets the same answer, no sooner', async () => {
    const { email } = await signUpPerson(service);
    const ask = async (to: string) => {
      const beganMs = performance.now();
      const { status, body, headers } = await service.call(requestPasswordReset, { email: to });
      return { ms: performance.now() - beganMs, answer: { status, body, length: headers.get('content-length') } };
    };
    const known = await ask(email);
    const unknown = await ask('nobody-at-all@sori.example');
    expect(unknown.answer).toEqual(known.answer);
    expect(unknown.answer).toMatchObject({ status: 202, body: {} });
    expect(unknown.ms).toBeGreaterThan(690);
  });

  it('gets no more than five letters an hour, and an address that nobody has is refused alike', async () => {
    const { email } = await signUpPerson(service);
    const before = (await letters()).length;
    for (const to of [email, 'nobody@sori.example']) {
      const answers = await Promise.all(Array.from({ length: 7 }, () => service.call(requestPasswordReset, { email: to })));
      expect(answers.map(({ status }) => status).sort()).toEqual([202, 202, 202, 202, 202, 429, 429]);
    }
    expect((await letters()).length - before).toBe(5);
  });
});
