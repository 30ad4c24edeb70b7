import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cancelGeneration } from '#shared/generation';
import { quotaRef } from '#shared/limits';
import { database } from '#shared/runtime';
import { endRequest, newPerson } from '../shared/operations/bookkeeping.ts';
import { emulators } from '../support/emulators.ts';
import { given } from '../support/given.ts';
import { type Service, startService } from '../support/service.ts';

let service: Service;
let owner: string;

beforeAll(async () => {
  service = await startService();
  owner = await newPerson();
  const { generationId } = await given.generation({ owner });
  await cancelGeneration(generationId, new Date());
});
afterAll(() => service.close());

/** What an operator types in a second terminal, and sees. */
async function doctor(args: string[], settings: Record<string, string> = { SORI_URL: service.url }) {
  const { GOOGLE_CLOUD_PROJECT: _project, FIRESTORE_EMULATOR_HOST: _host, ...env } = process.env;
  const script = join(import.meta.dirname, '..', '..', 'scripts', 'doctor.ts');
  const child = spawn(process.execPath, [script, ...args], { env: { ...env, ...settings }, stdio: ['ignore', 'pipe', 'pipe'] });
  const [[code], out, err] = await Promise.all([once(child, 'exit'), text(child.stdout), text(child.stderr)]);
  return { code: code as number, out, err };
}

/** What takes longer than two seconds says how far it is. */
function withoutProgress(err: string): string {
  return err.replaceAll(/^ {2}… .*\n/gm, '');
}

describe('npm run doctor -- ledger', () => {
  it('finds the Sori that runs, and says that its books are right', async () => {
    const { code, out, err } = await doctor(['ledger']);
    expect({ code, err: withoutProgress(err) }).toEqual({ code: 0, err: '' });
    expect(out.split('\n')).toEqual([
      `Looking at project ${service.projectId}, Firestore emulator at ${emulators().firestoreHost}`,
      '',
      'Asked for by name · 이름으로 지정한 검사',
      '✓ ledger          Checked 3 entries, 1 requests and 1 balances.',
      '',
      '✓ 1  ! 0  ✗ 0   All is well · 이상 없습니다',
      '',
    ]);
  });

  it('takes the project of the settings where an emulator is named', async () => {
    const settings = { GOOGLE_CLOUD_PROJECT: service.projectId, FIRESTORE_EMULATOR_HOST: emulators().firestoreHost };
    const { code, out } = await doctor(['ledger', '--since', '2100-01-01'], settings);
    expect(code).toBe(0);
    expect(out).toContain('since 2100-01-01T00:00:00.000Z');
    expect(out).toContain('Checked 0 entries, 0 requests and 0 balances.');
  });

  it('ends with 1 when something is wrong, and says what, where, and what to do', async () => {
    const ref = quotaRef(await database(), owner);
    const { generationId } = await given.generation({ owner });
    await endRequest(generationId, 'failed', 'settle');
    await ref.update({ balance: 7 });
    const { code, out, err } = await doctor(['ledger']);
    expect({ code, err: withoutProgress(err) }).toEqual({ code: 1, err: '' });
    expect(out).toMatch(/^✗ ledger +Checked 5 entries/m);
    expect(out).toContain('3 discrepancies:');
    expect(out).toContain(`quotas/${owner}: a balance is not the sum of its entries (balance_is_not_the_sum; said: 7, found: 9)`);
    expect(out).toContain(`generationWork/${generationId}: a credit has ended otherwise than its request`);
    expect(out).toContain('→ Look at the documents named here');
    expect(out).not.toContain('@');
    await ref.update({ balance: 9 });
  });

  it('names the checks there are when it is asked for another one', async () => {
    const { code, out, err } = await doctor(['leger']);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain('There is no check "leger".');
    expect(err).toMatch(/^ {2}ledger {8}asked {3}every balance/m);
    expect(await doctor(['--help'])).toMatchObject({ code: 0, out: expect.stringMatching(/^ {2}ledger {8}asked {3}every balance/m) });
  });

  it('says what is missing when nothing runs', async () => {
    const { code, out, err } = await doctor(['ledger'], { PORT: '9' });
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(/^No answer from http:\/\/localhost:9\/v1\. Is it running\? In another terminal: npm start$/m);
  });
});
