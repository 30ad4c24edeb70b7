import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { authAdmin } from '#shared/access';
import { getSettings } from '../../functions/admin/getSettings.ts';
import { listAudit } from '../../functions/admin/listAudit.ts';
import { HELP } from '../../scripts/admin/commandLine.ts';
import { type Person, signUpPerson } from '../support/callers.ts';
import { type Service, startService } from '../support/service.ts';

let service: Service;
let mina: Person;
let junho: Person;

beforeAll(async () => {
  service = await startService();
  mina = await signUpPerson(service);
  junho = await signUpPerson(service);
});
afterAll(() => service.close());

/** What an operator sees who types `npm run admin -- …`. */
function admin(args: string[], env: NodeJS.ProcessEnv = process.env): Promise<{ code: number; text: string }> {
  const script = join(import.meta.dirname, '..', '..', 'scripts', 'admin.ts');
  return new Promise((resolve) => {
    execFile(process.execPath, [script, ...args], { env, timeout: 60_000 }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, text: `${stdout}${stderr}`.trimEnd() });
    });
  });
}

/** Each command is a process of its own. */
const LIMIT_MS = 60_000;

describe('npm run admin', () => {
  it(
    'makes the first operator, keeps the last one, and tells who they are',
    async () => {
      expect(await admin(['list'])).toEqual({
        code: 0,
        text: expect.stringContaining('There is no operator yet · 아직 운영자가 없습니다'),
      });
      expect((await service.call(getSettings, {}, mina)).status).toBe(403);
      const granted = await admin(['grant', mina.email]);
      expect(granted).toEqual({ code: 0, text: expect.stringContaining(`${mina.email} operates the service now · 운영자가 되었습니다`) });
      expect((await service.call(getSettings, {}, mina)).status).toBe(200);

      expect(await admin(['revoke', mina.email])).toEqual({
        code: 1,
        text: expect.stringContaining('is the last operator. Make another one first'),
      });
      expect(await admin(['grant', junho.email])).toMatchObject({ code: 0 });
      expect((await admin(['list'])).text).toContain(`${junho.email}  ${junho.uid}`);
      expect(await admin(['revoke', mina.email])).toEqual({ code: 0, text: expect.stringContaining('operates the service no more') });
      expect((await service.call(getSettings, {}, mina)).problem?.code).toBe('role_required');

      const { items } = (await service.call(listAudit, { actorId: 'operator:cli' }, junho)).body;
      expect(items.map(({ action, target, requestId, before, after }) => ({ action, target, requestId, before, after }))).toEqual([
        { action: 'admin:revoke', target: mina.uid, requestId: null, before: { role: 'admin' }, after: { role: 'user' } },
        { action: 'admin:grant', target: junho.uid, requestId: null, before: { role: 'user' }, after: { role: 'admin' } },
        { action: 'admin:grant', target: mina.uid, requestId: null, before: { role: 'user' }, after: { role: 'admin' } },
      ]);
    },
    LIMIT_MS,
  );

  it(
    'finds the service that runs on this machine, by its address',
    async () => {
      const { FIRESTORE_EMULATOR_HOST: _f, FIREBASE_AUTH_EMULATOR_HOST: _a, GOOGLE_CLOUD_PROJECT: _p, ...env } = process.env;
      const listed = await admin(['list'], { ...env, SORI_URL: service.url });
      expect(listed).toEqual({ code: 0, text: expect.stringContaining(`At project ${service.projectId}, Firestore emulator at`) });
      expect(listed.text).toContain(junho.email);
    },
    LIMIT_MS,
  );

  it(
    'says what to do next when it can do nothing',
    async () => {
      const stranger = 'nobody@sori.example';
      expect(await admin(['grant', stranger])).toEqual({
        code: 1,
        text: expect.stringContaining(`No account has the e-mail ${stranger}. Sign up with it first`),
      });
      await authAdmin((auth) => auth.createUser({ email: stranger }));
      expect(await admin(['grant', stranger])).toEqual({ code: 1, text: expect.stringContaining('Sign in with it once') });
      expect((await admin(['grant'])).text).toContain('grant takes the e-mail of an account');
      expect((await admin(['list', 'more'])).text).toContain('Too much: more');
      expect(await admin(['promote'])).toEqual({ code: 1, text: `There is no command "promote".\n\n${HELP}` });
      expect(await admin(['--help'])).toEqual({ code: 0, text: HELP });
      const { FIREBASE_AUTH_EMULATOR_HOST: _, ...half } = process.env;
      expect(await admin(['list'], half)).toEqual({
        code: 1,
        text: expect.stringContaining('FIREBASE_AUTH_EMULATOR_HOST is not: set both'),
      });
    },
    LIMIT_MS,
  );
});
