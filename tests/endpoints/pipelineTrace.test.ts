import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { emulators } from '../support/emulators.ts';

type Line = Record<string, unknown>;

const PROJECT = 'demo-trace';
const lines: Line[] = [];

let child: ChildProcess;
let url: string;

beforeAll(async () => {
  const program = join(import.meta.dirname, 'serveFunction.ts');
  const { firestoreHost } = emulators(); // getStatus reads what is open
  const own = { FIRESTORE_EMULATOR_HOST: firestoreHost, GOOGLE_CLOUD_PROJECT: PROJECT };
  const env = { ...process.env, ...own, AUTH_API_KEY: 'key', LOG_LEVEL: 'info', TRUSTED_PROXY_HOPS: '0' };
  child = spawn(process.execPath, [program, 'getStatus'], { env, stdio: ['pipe', 'pipe', 'inherit'] });
  createInterface({ input: child.stdout! }).on('line', (line) => lines.push(JSON.parse(line) as Line));
  const { port } = await logged((line) => line['port'] !== undefined);
  url = `http://127.0.0.1:${String(port)}`;
});

afterAll(async () => {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.stdin?.end();
  await ended;
});

/** The line for which this holds, once it is there. */
async function logged(holds: (line: Line) => boolean): Promise<Line> {
  for (let tries = 0; tries < 500; tries += 1) {
    const found = lines.find(holds);
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`not logged: ${JSON.stringify(lines)}`);
}

async function lineOf(path: string, headers: Record<string, string> = {}): Promise<Line> {
  const answer = await fetch(`${url}${path}`, { headers });
  const requestId = answer.headers.get('x-request-id');
  return logged((line) => line['requestId'] === requestId && line['message'] === 'request');
}

const TRACE = 'logging.googleapis.com/trace';
const SPAN = 'logging.googleapis.com/spanId';
const SAMPLED = 'logging.googleapis.com/trace_sampled';
const THEIRS = '0af7651916cd43dd8448eb211c80319c';
const PARENT = 'b7ad6b7169203331';

describe('the log of a function', () => {
  it('has one line per request, with what happened, how long it took, and nothing of the caller’s', async () => {
    const line = await lineOf('/v1/getStatus?secret=prompt', { 'user-agent': 'somebody', origin: 'https://somewhere.example' });
    expect(line).toEqual({
      severity: 'INFO',
      time: expect.any(String),
      message: 'request',
      code: 'request',
      function: 'getStatus',
      requestId: expect.stringMatching(/^req_/),
      [TRACE]: expect.stringMatching(new RegExp(`^projects/${PROJECT}/traces/[0-9a-f]{32}$`)),
      [SPAN]: expect.stringMatching(/^[0-9a-f]{16}$/),
      [SAMPLED]: true,
      method: 'GET',
      status: 400,
      problem: 'invalid_input',
      latencyMs: expect.any(Number),
    });
  });

  it('goes on with the caller’s trace, in a span of its own', async () => {
    const line = await lineOf('/getStatus', { traceparent: `00-${THEIRS}-${PARENT}-01` });
    expect(line[TRACE]).toBe(`projects/${PROJECT}/traces/${THEIRS}`);
    expect(line[SPAN]).not.toBe(PARENT);
    expect(line[SAMPLED]).toBe(true);
  });

  it('leaves a trace alone that its caller does not want collected', async () => {
    const line = await lineOf('/getStatus', { traceparent: `00-${THEIRS}-${PARENT}-00` });
    expect(line).toMatchObject({ [TRACE]: `projects/${PROJECT}/traces/${THEIRS}`, [SAMPLED]: false });
  });

  it('understands what later versions say of it, whatever they say besides', async () => {
    const line = await lineOf('/getStatus', { traceparent: `cc-${THEIRS}-${PARENT}-01-more`, tracestate: 'x=y,'.repeat(1_000) });
    expect(line[TRACE]).toBe(`projects/${PROJECT}/traces/${THEIRS}`);
  });

  it.each([
    `00-${'0'.repeat(32)}-${PARENT}-01`,
    `00-${THEIRS}-${'0'.repeat(16)}-01`,
    `ff-${THEIRS}-${PARENT}-01`,
    `00-${THEIRS}-${PARENT}-01-more`,
    `00-${THEIRS}-${PARENT}-01-`,
    `00-${THEIRS.toUpperCase()}-${PARENT}-01`,
    `00-${THEIRS}-${PARENT}-01, 00-${THEIRS}-${PARENT}-01`,
    `00-${THEIRS}`,
    'junk',
  ])('begins a trace of its own for %s', async (traceparent) => {
    const line = await lineOf('/', { traceparent });
    expect(line[TRACE]).toMatch(/\/traces\/(?!0{32})[0-9a-f]{32}$/);
    expect(line[TRACE]).not.toContain(THEIRS);
  });
});

describe('a function by itself', () => {
  it('answers at /, at its name and under /v1/, and nowhere else', async () => {
    const statuses = await Promise.all(
      ['/', '/getStatus', '/v1/getStatus', '/v1/', '/other', '/favicon.ico', '/robots.txt', '/v1/getStatus/', '/%zz'].map(async (path) => {
        const answer = await fetch(`${url}${path}`);
        return [path, answer.status, answer.headers.get('content-type')];
      }),
    );
    const [json, problem] = ['application/json; charset=utf-8', 'application/problem+json; charset=utf-8'];
    expect(statuses).toEqual([
      ['/', 200, json],
      ['/getStatus', 200, json],
      ['/v1/getStatus', 200, json],
      ['/v1/', 404, problem],
      ['/other', 404, problem],
      ['/favicon.ico', 404, problem],
      ['/robots.txt', 404, problem],
      ['/v1/getStatus/', 404, problem],
      ['/%zz', 404, problem],
    ]);
  });
});
