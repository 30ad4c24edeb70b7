import { findUidByEmail, giveRole, listOperators } from '#shared/admin';
import { Problem, systemWorld } from '#shared/runtime';
import type { AdminCommand } from './commandLine.ts';

/** @returns what to tell. @throws saying what to do next */
export async function run({ command, email }: AdminCommand): Promise<string[]> {
  if (command === 'list') return await operatorLines();
  const uid = await findUidByEmail(email);
  if (uid === undefined) {
    throw new Error(
      `No account has the e-mail ${email}. Sign up with it first (signUp, or any app), then repeat this.\n` +
        '이 이메일의 계정이 없습니다. 먼저 가입한 뒤 다시 실행하세요.',
    );
  }
  const role = command === 'grant' ? 'admin' : 'user';
  const { disabled } = await giveRole(uid, role, { now: new Date(), newId: systemWorld.newId }).catch((error: unknown) => {
    throw explained(error, email);
  });
  const done =
    role === 'admin'
      ? `${email} operates the service now · 운영자가 되었습니다`
      : `${email} operates the service no more · 운영자 권한을 거두었습니다`;
  return [done, ...(disabled ? ['But the account is disabled: it can do nothing until it is enabled · 계정이 비활성화되어 있습니다'] : [])];
}

async function operatorLines(): Promise<string[]> {
  const operators = await listOperators();
  if (operators.length === 0) {
    return ['There is no operator yet · 아직 운영자가 없습니다', '  What next: npm run admin -- grant somebody@example.com'];
  }
  return operators.map(
    ({ uid, email, disabled }) => `${email || '(no readable users document)'}  ${uid}${disabled ? '  disabled · 비활성' : ''}`,
  );
}

function explained(error: unknown, email: string): unknown {
  if (!(error instanceof Problem)) return error;
  if (error.code === 'not_found') {
    return new Error(
      `${email} has an account that was never used here. Sign in with it once (signIn, or any app that calls getProfile), then repeat this.\n` +
        '아직 서비스를 사용한 적이 없는 계정입니다. 한 번 로그인한 뒤 다시 실행하세요.',
    );
  }
  if (error.code === 'operator_needed') {
    return new Error(
      `${email} is the last operator. Make another one first: npm run admin -- grant somebody@example.com\n` +
        '마지막 운영자입니다. 먼저 다른 운영자를 지정하세요.',
    );
  }
  return error;
}
