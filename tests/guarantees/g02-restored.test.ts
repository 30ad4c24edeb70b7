/** G2 after a restore: a backup shows requests as they were, and some of them have been ordered since. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { advanceBackups, startBackup } from '#shared/backups';
import { database, systemWorld, type World } from '#shared/runtime';
import { readCommandLine } from '../../scripts/restore/commandLine.ts';
import { run } from '../../scripts/restore/run.ts';
import { type Listener, newListener } from '../shared/generation/listener.ts';
import { emulators } from '../support/emulators.ts';
import { openStudio, type Studio } from '../support/studio.ts';

const PASSES = 10;

let studio: Studio;
let mina: Listener;

beforeAll(async () => {
  studio = await openStudio();
  mina = await newListener(studio);
});

afterAll(() => studio.close());

/** By a clock of its own: requests must not grow old meanwhile. */
async function backUp(): Promise<void> {
  let aheadMs = 0;
  const now = () => Date.now() + aheadMs;
  const world: World = { ...systemWorld, clock: { ...systemWorld.clock, now } };
  const { backup } = await startBackup({ world });
  for (let pass = 0; pass < PASSES; pass += 1) {
    await advanceBackups({ world, signal: new AbortController().signal });
    const found = await (await database()).doc(`backups/${backup.backupId}`).get();
    if (found.get('state') === 'verified') return;
    aheadMs += 31_000;
  }
  throw new Error('not verified');
}

async function loseTheDatabase(): Promise<void> {
  const url = `http://${emulators().firestoreHost}/emulator/v1/projects/${studio.service.projectId}/databases/(default)/documents`;
  await fetch(url, { method: 'DELETE', headers: { authorization: 'Bearer owner' } });
}

describe('G2: after a restore', () => {
  it('what waited when the backup was made, and was ordered since, is not ordered again: it fails, and the credit is back', async () => {
    const generationId = await mina.ask();
    expect((await mina.credits()).balance).toBe(499);
    await backUp();
    const accepted = studio.sandbox.accepted();
    await studio.runWorker();
    expect(studio.sandbox.accepted() - accepted).toBe(1);
    await loseTheDatabase();
    await run(readCommandLine(['--from', 'latest', '--to', '(default)']), { say: () => undefined, progress: () => undefined });
    for (let minutes = 0; minutes < 20; minutes += 2) {
      await studio.runWorker();
      studio.clock.advance(120_000);
    }
    expect(studio.sandbox.accepted() - accepted).toBe(1);
    expect(await mina.generation(generationId)).toMatchObject({ state: 'failed', failure: { code: 'provider_outcome_unknown' } });
    expect(await mina.credits()).toEqual({ balance: 500, sum: 500 });
  });
});
