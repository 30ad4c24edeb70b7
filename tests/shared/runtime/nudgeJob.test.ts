import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from '@jest/globals';
import { nudgeJob } from '#shared/runtime';
import { TestClock } from '../../support/clock.ts';
import { keepLogLines } from '../generation/logLines.ts';

/** Nudges in a process of its own. @returns how long each nudge took, and how the process ended */
async function nudgeTwice(settings: Record<string, string>) {
  const env = { ...process.env, GOOGLE_CLOUD_PROJECT: 'demo-nudge', LOG_LEVEL: 'silent', METADATA_SERVER_DETECTION: 'none', ...settings };
  const program = path.join(import.meta.dirname, 'nudgeProcess.ts');
  const child = spawn(process.execPath, [program], { env, stdio: ['ignore', 'pipe', 'ignore'] });
  const [said, [code]] = await Promise.all([text(child.stdout), once(child, 'exit') as Promise<[number]>]);
  return { code, tookMs: JSON.parse(said || '[]') as number[] };
}

describe('a nudge that is lost', () => {
  it('for lack of credentials harms nobody', async () => {
    const { code, tookMs } = await nudgeTwice({ CLOUD_SCHEDULER_ENDPOINT: '', GOOGLE_APPLICATION_CREDENTIALS: '', HOME: '/nowhere' });
    expect({ code, nudges: tookMs.length }).toEqual({ code: 0, nudges: 2 });
  });

  it('in a Scheduler that never answers costs a second, and nothing after it', async () => {
    const silent = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const { code, tookMs } = await nudgeTwice({ CLOUD_SCHEDULER_ENDPOINT: `127.0.0.1:${port}` });
    silent.close();
    expect(code).toBe(0);
    for (const ms of tookMs) expect(ms).toBeLessThan(1_600);
  });
});

describe('nudges of one job', () => {
  it('are one within 5 s, unless another cause asks: that run may be over before the work is there', async () => {
    Object.assign(process.env, { GOOGLE_CLOUD_PROJECT: 'demo-nudge', CLOUD_SCHEDULER_ENDPOINT: '127.0.0.1:9', LOG_LEVEL: 'info' });
    const lines = keepLogLines();
    const clock = new TestClock();
    for (const cause of ['repair', 'work', 'work'] as const) await nudgeJob('advanceGenerations', clock, cause);
    expect(lines.all().map(({ code }) => code)).toEqual(['nudge_lost', 'nudge_lost']); // nobody is there to take them
    clock.advance(5_000);
    await nudgeJob('advanceGenerations', clock);
    expect(lines.all()).toHaveLength(3);
    lines.stop();
  });
});
