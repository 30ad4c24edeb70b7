import { z } from 'zod';
import { findAuthRecord } from '#shared/access';
import { send } from '#shared/runtime';
import { broken, type Check, sound } from '../check.ts';

/** Nobody: an address under a name that can never be registered (RFC 6761). */
const NOBODY = { email: 'doctor@sori.invalid', password: 'not-a-password', returnSecureToken: true };
/** So Auth says that it has looked, and that there is nobody. */
const LOOKED = /^(EMAIL_NOT_FOUND|INVALID_LOGIN_CREDENTIALS|INVALID_PASSWORD|USER_DISABLED)/;
const LIMIT_MS = 8_000;

const Refused = z.object({ error: z.object({ message: z.string() }) });

export const signIn: Check = {
  name: 'signIn',
  list: 'before',
  summary: { en: 'Firebase Auth takes the API key, and lets people sign in with a password', ko: 'Firebase Auth 로그인' },
  async look({ site }) {
    const url = `${site.apiUrl('identitytoolkit')}/v1/accounts:signInWithPassword`;
    const query = { key: site.settings['AUTH_API_KEY'] ?? '' };
    const { data } = await send({ method: 'POST', url, query, body: NOBODY, timeoutMs: LIMIT_MS });
    const said = Refused.safeParse(data).data?.error.message ?? 'an answer of another form';
    if (!LOOKED.test(said)) {
      return broken(`Firebase Auth says ${said}`, {
        en: 'Enable "Email/Password" under Authentication in the Firebase console; compare AUTH_API_KEY with the project settings.',
        ko: 'Firebase 콘솔에서 이메일/비밀번호 로그인을 켜고 AUTH_API_KEY를 확인하세요.',
      });
    }
    await findAuthRecord('nobody-doctor');
    return sound('Firebase Auth takes the API key; passwords are checked; accounts can be read');
  },
};
