/** `npm run demo` while the provider fails: what a person reads at the end. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { FaultRequest } from '../../../scripts/local/sandbox/index.ts';
import { openStudio, type Studio } from '../../support/studio.ts';

const SCRIPT = join(import.meta.dirname, '..', '..', '..', 'scripts', 'demo.ts');

let studio: Studio;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sori-demo-'));
  studio = await openStudio();
});
afterEach(() => studio.sandbox.faults.delete());
afterAll(async () => {
  await studio.close();
  await rm(folder, { recursive: true, force: true });
});

/** Runs it to its end; the worker's time goes by in steps meanwhile. */
async function demoWith(fault: FaultRequest, stepMs = 3_000): Promise<{ code: number | null; states: string[]; said: string[] }> {
  studio.sandbox.faults.add(fault);
  const demo = spawn(process.execPath, [SCRIPT, 'a calm song about paper boats', '--out', folder], {
    env: { ...process.env, SORI_URL: studio.service.url },
  });
  let isOver = false;
  const end = once(demo, 'close').then(() => {
    isOver = true;
  });
  const out = text(demo.stdout);
  const err = text(demo.stderr);
  let isAsked = false;
  while (!isOver) {
    isAsked = (await studio.runWorker()) > 0 || isAsked;
    if (isAsked) studio.clock.advance(stepMs); // no sooner: a request that time runs away from is answered 503
    await Promise.race([end, new Promise((resolve) => setTimeout(resolve, 600))]); // it looks every half second: each state is seen
  }
  const lines = (await out).trimEnd().split('\n');
  return { code: demo.exitCode, states: lines.slice(2).map((line) => line.slice(10)), said: (await err).trimEnd().split('\n') };
}

describe('The demo', () => {
  it('says why no song came, with the provider’s own words, and that the credit is back', async () => {
    const { code, states, said } = await demoWith({ name: 'failBoth', text: 'the singer is ill' });
    expect([code, states.at(-1)]).toEqual([1, 'failed (songs: failed, failed)']);
    expect(said).toEqual([
      'No song: The music provider could not make this song. (the singer is ill) (provider_failed)',
      'The credit came back: 10 of 10 songs are left for today.',
      '노래가 만들어지지 않았습니다. 크레딧은 돌려받았고 오늘 10곡 중 10곡이 남아 있습니다.',
    ]);
  });

  it('shows an order of which nobody knows whether it was taken, to its end', async () => {
    const { code, states, said } = await demoWith({ name: 'acceptedThenCut', times: 1 }, 200_000);
    expect([code, states]).toEqual([1, ['queued', 'unknown', 'failed']]);
    expect(said[0]).toMatch(/^No song: .*was not sent again\. Your credit is back\. \(provider_outcome_unknown\)$/);
  });

  it('saves the song that came when the other failed, and says so', async () => {
    const { code, states, said } = await demoWith({ name: 'failA' });
    expect([code, said]).toEqual([0, ['']]);
    expect(states.slice(-2)).toEqual([
      'one song failed, and the credit is spent on the other: The music provider could not make this song. (generation failed) (provider_failed)',
      expect.stringMatching(/^saved .*\.mp3 {3}2\.0 s, /),
    ]);
  });
});
