import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type IncomingMessage, request, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type FunctionsHost, startFunctions } from '../../scripts/local/functions.ts';
import { isolatedFunctions } from '../../scripts/local/isolatedFunctions.ts';

describe('the address of all functions', () => {
  let host: FunctionsHost;
  beforeAll(async () => {
    const answer = (name: string, incoming: IncomingMessage, response: ServerResponse) => {
      response.writeHead(200, { 'X-Function': name, 'X-Path': incoming.url });
      incoming.pipe(response);
    };
    host = await startFunctions({ names: ['createSong', 'answerUnknown'], answer, close: () => Promise.resolve() }, 0);
  });
  afterAll(() => host.close());

  async function post(path: string, body: string) {
    const answer = await fetch(`http://localhost:${host.port}${path}`, { method: 'POST', body });
    return [answer.headers.get('X-Function'), answer.headers.get('X-Path'), await answer.text()];
  }

  it('gives a request to the function of its name, body and query untouched', async () => {
    const body = '{ not even JSON';
    expect(await post('/v1/createSong?a=1', body)).toEqual(['createSong', '/v1/createSong?a=1', body]);
  });

  it('gives everything else to answerUnknown', async () => {
    for (const path of ['/v1/nothing', '/v1/createsong', '/v1/createSong/more', '/createSong', '/v1/']) {
      expect(await post(path, '')).toEqual(['answerUnknown', path, '']);
    }
  });

  it('says where to go at its root', async () => {
    const answer = await fetch(`http://127.0.0.1:${host.port}/`);
    expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('/v1/getStatus')]);
  });

  it('lets a request finish when it closes', async () => {
    const closing = await startFunctions(
      {
        names: ['slow'],
        answer: (_name, _request, response) => void setTimeout(() => response.end('done'), 300),
        close: () => Promise.resolve(),
      },
      0,
    );
    const answer = fetch(`http://127.0.0.1:${closing.port}/v1/slow`, { method: 'POST' });
    await new Promise((resolve) => setTimeout(resolve, 50));
    await closing.close();
    expect(await (await answer).text()).toBe('done');
    await expect(fetch(`http://127.0.0.1:${closing.port}/v1/slow`)).rejects.toThrow();
  });
});

describe('functions in processes of their own', () => {
  let directory: string;
  let host: FunctionsHost;
  const reports: string[] = [];

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sori-test-isolated-'));
    await writeFile(
      join(directory, 'index.js'),
      `exports.whoAmI = (req, res) => res.json({ pid: process.pid, env: process.env.NODE_ENV, target: process.env.FUNCTION_TARGET, length: req.rawBody?.length });
      exports.crash = (req, res) => { if (req.method === 'POST') return process.kill(process.pid, 'SIGKILL'); res.json({ pid: process.pid }); };
      exports.trickle = (req, res) => { res.write('first'); req.on('close', () => {}); setTimeout(() => res.end(' second'), 500); };`,
    );
    const names = ['whoAmI', 'crash', 'trickle', 'missing'];
    host = await startFunctions(
      isolatedFunctions({ names, instances: 2, source: directory, logFolder: directory, report: (text) => reports.push(text) }),
      0,
    );
  }, 20_000);
  afterAll(async () => {
    await host.close();
    await rm(directory, { recursive: true, force: true });
  });

  const url = (name: string) => `http://127.0.0.1:${host.port}/v1/${name}`;
  /** Comes again when it is told to, as while a process is started anew. */
  async function ask(name: string, body?: string) {
    let answer = await fetch(url(name), body === undefined ? {} : { method: 'POST', body });
    for (let tries = 0; answer.status === 503 && tries < 10; tries += 1) {
      await sleep(Number(answer.headers.get('Retry-After')) * 1000);
      answer = await fetch(url(name), body === undefined ? {} : { method: 'POST', body });
    }
    return (await answer.json()) as { pid: number; env: string; target: string; length: number };
  }

  it('answer by turns, from as many processes as were asked for', async () => {
    const answers = [];
    for (let call = 0; call < 4; call += 1) answers.push(await ask('whoAmI', 'x'.repeat(100_000)));
    const [first, second] = answers;
    expect(answers).toEqual([first, second, first, second]);
    expect(first?.pid).not.toBe(second?.pid);
    expect(first).toEqual({ pid: first?.pid, env: 'production', target: 'whoAmI', length: 100_000 });
  }, 30_000);

  it('are started again after a crash', async () => {
    const before = [await ask('crash'), await ask('crash')].map(({ pid }) => pid);
    const crashed = await fetch(url('crash'), { method: 'POST' });
    expect([crashed.status, crashed.headers.get('Retry-After')]).toEqual([503, '1']);
    const after = [await ask('crash'), await ask('crash')].map(({ pid }) => pid);
    expect(after.filter((pid) => before.includes(pid))).toHaveLength(1);
  }, 30_000);

  it('stream their answers', async () => {
    const arrivals: string[] = [];
    await new Promise((resolve, reject) => {
      const call = request(url('trickle'), (answer) => {
        answer.on('data', (piece: Buffer) => arrivals.push(piece.toString()));
        answer.on('end', resolve);
      });
      call.on('error', reject);
      call.end();
    });
    expect(arrivals).toEqual(['first', ' second']);
  }, 30_000);

  it('that cannot start are answered with 503, and the reason is kept', async () => {
    expect((await fetch(url('missing'))).status).toBe(503);
    expect(reports.at(-1)).toContain("Function 'missing' is not defined");
  }, 30_000);
});
