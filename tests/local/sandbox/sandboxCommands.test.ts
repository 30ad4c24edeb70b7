/** `npm run sandbox` as a person types it: a process of its own, against a real sandbox that a local cloud has begun. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { waitUntil } from '../../../scripts/local/waitUntil.ts';
import { AUTO, type Bench, openBench } from './sandboxHarness.ts';

const SCRIPT = join(import.meta.dirname, '..', '..', '..', 'scripts', 'sandbox.ts');

let bench: Bench;
let recordFile: string;
const started: ChildProcess[] = [];

beforeAll(async () => {
  bench = await openBench();
  recordFile = join(bench.directory, 'sandbox.json');
});
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
  bench.sandbox.faults.delete();
  rmSync(recordFile, { force: true });
});
afterAll(() => bench.close());

/** As `npm start` leaves it in its data directory. */
function record(url = bench.sandbox.url): void {
  writeFileSync(recordFile, JSON.stringify({ url, serviceUrl: 'http://localhost:8391/v1', pid: process.pid }));
}

function begin(args: string[]) {
  const env = { ...process.env, SORI_DATA_DIR: bench.directory, NO_COLOR: '1' };
  const child = spawn(process.execPath, [SCRIPT, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  started.push(child);
  return child;
}

/** What is typed behind `npm run sandbox --`. */
async function type(...args: string[]): Promise<{ code: number | null; out: string; err: string }> {
  const child = begin(args);
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code: child.exitCode, out, err };
}

describe('npm run sandbox', () => {
  it('switches a fault on for one request, and says what will be seen, by whom, and how to end it', async () => {
    record();
    const { code, out } = await type('fault', 'acceptedThenSilence', '--times', '1');
    expect(code).toBe(0);
    expect(out).toMatch(/^On: acceptedThenSilence, for one request\n/);
    expect(out).toMatch(
      /The user .*unknown.*It\s+fails 10 minutes after the order\s+\(provider_outcome_unknown\);\s+the\s+credit\s+comes\s+back/s,
    );
    expect(out).toMatch(/The operator .*provider_submit_failed/);
    expect(out).toContain('PORT=8391 npm run demo');
    expect(out).toContain('npm run sandbox -- clear acceptedThenSilence');
    expect(bench.sandbox.faults.list()).toEqual([{ name: 'acceptedThenSilence', times: 1 }]);
  });

  it('passes every option on', async () => {
    record();
    await type('fault', 'failA', '--code', 'none', '--text', 'no voice', '--status', '-2', '--after-preview', '--match', 'comets');
    await type('fault', 'redirect', '--at', 'audio,cover', '--url', 'loopback', '--times', '3');
    await type('fault', 'slow', '--delay-ms', '1500', '--at', 'tasks', '--at', 'audio');
    expect(bench.sandbox.faults.list()).toEqual([
      { name: 'failA', match: 'comets', code: null, text: 'no voice', status: -2, afterPreview: true },
      { name: 'redirect', times: 3, at: ['audio', 'cover'], url: 'loopback' },
      { name: 'slow', at: ['tasks', 'audio'], delayMs: 1_500 },
    ]);
  });

  it('shows what is on, and switches it off again by name or all of it', async () => {
    record();
    for (const name of ['silence', 'failBoth', 'cut'] as const) bench.sandbox.faults.add({ name });
    const status = await type('status');
    expect(status.out).toContain(`Sandbox   ${bench.sandbox.url}, asked by http://localhost:8391/v1`);
    expect(status.out).toMatch(
      /Credits {3}\d+\n.*Faults\n {2}silence, .*\n {2}failBoth, .*\n {2}cut, for every request until it is cleared\n/s,
    );
    expect((await type('clear', 'silence')).out).toBe('Off: silence. Still on: failBoth, cut.\n');
    expect((await type('clear')).out).toBe('Off: failBoth, cut. None is on.\nSongs that were ordered meanwhile keep what struck them.\n');
    expect(bench.sandbox.faults.list()).toEqual([]);
  });

  it('sets the balance, and lists the songs', async () => {
    record();
    const [id] = await bench.submit({ ...AUTO, style: 'waltz' });
    expect((await type('songs')).out).toMatch(new RegExp(`  ${id}  order \\d+  queued +Waltz\n`));
    expect((await type('credits', '2')).out).toMatch(/balance is 2 credits; an order costs 2 or 3\.\n.*provider_out_of_credit/s);
    expect(bench.sandbox.credits()).toBe(2);
    await type('credits', '10000');
  });

  it('follows the calls: a line when one has ended, and one more for a call that hangs', async () => {
    record();
    const child = begin(['watch']);
    let out = '';
    child.stdout.on('data', (piece: Buffer) => {
      out += piece.toString();
    });
    await waitUntil('listening', () => out.includes('Ctrl-C'), 10_000);
    await bench.call('GET', '/v1/get_api_key_info');
    bench.sandbox.faults.add({ name: 'silence', times: 1 });
    const gaveUp = fetch(`${bench.sandbox.url}/v3/music/tasks?ids=7`, { signal: AbortSignal.timeout(1_500) }).catch(() => undefined);
    await gaveUp;
    await waitUntil('told', () => / 7 +no answer {3}←/.test(out), 5_000);
    child.kill('SIGINT');
    await once(child, 'close');
    expect(child.exitCode).toBe(0);
    expect(out.split('\n').slice(1, -1)).toEqual([
      expect.stringMatching(/^\d\d:\d\d:\d\d {2}keyInfo +\/v1\/get_api_key_info +200$/),
      expect.stringMatching(/^\d\d:\d\d:\d\d {2}tasks +7 +… no answer yet {3}← silence$/),
      expect.stringMatching(/^\d\d:\d\d:\d\d {2}tasks +7 +no answer {3}← silence$/),
    ]);
  });

  it('says to start the local cloud when there is none, when it was killed, and when its port is now another program’s', async () => {
    const notRunning = {
      code: 1,
      out: '',
      err: expect.stringMatching(/^The local cloud is not running\. In another terminal: npm start\n/),
    };
    expect(await type('status')).toEqual(notRunning);
    record('http://127.0.0.1:9');
    expect(await type('status')).toEqual(notRunning);
    record(`${bench.sandbox.url}/covers`);
    expect(await type('fault', 'cut')).toEqual(notRunning);
  });

  it('talks to another sandbox when it is told to', async () => {
    const { out } = await type('status', '--sandbox', `${bench.sandbox.url}/`);
    expect(out).toMatch(new RegExp(`^Sandbox   ${bench.sandbox.url}\n`));
    const { err } = await type('status', '--sandbox', 'http://127.0.0.1:9');
    expect(err).toBe('No sandbox answers at http://127.0.0.1:9.\n');
  });

  it('explains itself with --help, and with no word at all', async () => {
    const [asked, bare] = await Promise.all([type('--help'), type()]);
    expect(asked.out).toMatch(/^npm run sandbox -- <command>/);
    expect([asked.code, bare]).toEqual([0, asked]);
  });
});
