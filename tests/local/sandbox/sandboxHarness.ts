import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../../scripts/local/sandbox/index.ts';

export const KEY = 'sandbox-test-key';
export const AUTO = { action: 'auto', style: 'calm piano ballad about rain', mv: 'v4.5', instrumental: 0 };

export interface Item {
  id: string;
  title: string;
  duration: number;
  status: number;
  song_id: string;
  audio_url: string;
  cover_url: string;
  lyric: string;
  fail_code: number | null;
  fail_reason: string | null;
}

export interface Bench {
  sandbox: Sandbox;
  directory: string;
  /** Moves the sandbox's clock; its songs are final from 6 to 10 s after the submit. */
  advance(ms: number): void;
  /** Ends the sandbox and starts another in the same directory. */
  restart(): Promise<void>;
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>;
  /** Starts a pair of songs; its ids. */
  submit(body?: unknown): Promise<string[]>;
  poll(ids: readonly string[]): Promise<Item[]>;
  /** Starts a pair and lets it finish; both finished tasks. */
  finishedPair(body?: unknown): Promise<[Item, Item]>;
  close(): Promise<void>;
}

/** A sandbox on a free port with a clock moved by hand, songs of one second, and a directory of its own. */
export async function openBench(options: Partial<SandboxOptions> = {}): Promise<Bench> {
  const directory = mkdtempSync(join(tmpdir(), 'sori-sandbox-'));
  const { advance, ...clock } = handClock();
  const start = () => startSandbox({ directory, apiKey: KEY, clock, soundSeconds: 1, ...options });

  const call: Bench['call'] = (method, path, body, headers = { 'x-api-key': KEY }) =>
    fetch(path.startsWith('http') ? path : bench.sandbox.url + path, {
      method,
      headers,
      redirect: 'manual',
      signal: AbortSignal.timeout(20_000),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const submit: Bench['submit'] = async (body = AUTO) => {
    const answer = (await (await call('POST', '/v3/music/generate', body)).json()) as { data: { ids: string[] } };
    return answer.data.ids;
  };
  const poll: Bench['poll'] = async (ids) => {
    const answer = (await (await call('GET', `/v3/music/tasks?ids=${encodeURIComponent(ids.join(','))}`)).json()) as { data: Item[] };
    return answer.data;
  };

  const bench: Bench = {
    sandbox: await start(),
    directory,
    advance,
    restart: async () => {
      await bench.sandbox.close();
      bench.sandbox = await start();
    },
    call,
    submit,
    poll,
    finishedPair: async (body) => {
      const ids = await submit(body);
      advance(10_000);
      const [first, second] = await poll(ids);
      if (first === undefined || second === undefined) throw new Error('The sandbox did not know both songs');
      return [first, second];
    },
    close: async () => {
      await bench.sandbox.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
  return bench;
}

/** A clock that stands until it is moved; whoever sleeps moves it. */
function handClock() {
  let now = Date.UTC(2030, 0, 1);
  const advance = (ms: number) => {
    now += ms;
  };
  const sleep = (ms: number) => Promise.resolve(advance(ms));
  return { now: () => now, monotonicMs: () => now, sleep, advance };
}
