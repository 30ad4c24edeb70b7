/** The front guard and the graceful end, where they must hold: in a built function on the real functions-framework. */
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type BuiltFolder, type BuiltFunction, buildFolder, SECRETS, settings, startBuilt } from './builtFunction.ts';
import { openRawRequest, readAnswer } from './rawRequest.ts';

const BODY_BYTES = 65_536;
const GRACE_MS = 8_000;
const JSON_TYPE = { 'content-type': 'application/json' };

let folder: BuiltFolder;

beforeAll(async () => {
  folder = await buildFolder();
}, 60_000);
afterAll(() => folder.remove());

describe('the front guard of a built function', () => {
  let signUp: BuiltFunction;

  beforeAll(async () => {
    signUp = await startBuilt(folder.path, 'signUp', { ...settings(), ...SECRETS });
  }, 60_000);
  afterAll(() => signUp.child.stop(2_000));

  const refusals: [what: string, path: string, init: RequestInit, status: number, code: string][] = [
    ['JSON that does not parse', '/', { method: 'POST', headers: JSON_TYPE, body: '{"email":' }, 400, 'malformed_request'],
    [
      'JSON that is not UTF-8',
      '/',
      { method: 'POST', headers: JSON_TYPE, body: Buffer.from([0x22, 0xff, 0x22]) },
      400,
      'malformed_request',
    ],
    ['a form', '/', { method: 'POST', body: new URLSearchParams({ email: 'a' }) }, 415, 'unsupported_media_type'],
    ['another method', '/', { method: 'DELETE' }, 405, 'method_not_allowed'],
    ['another path', '/signUp/more', { method: 'POST', headers: JSON_TYPE, body: '{}' }, 404, 'not_found'],
    ['a path that the framework keeps for itself', '/robots.txt', {}, 404, 'not_found'],
  ];

  it.each(refusals)('refuses %s in our own form', async (_what, path, init, status, code) => {
    const response = await fetch(signUp.url + path, init);
    const type = response.headers.get('content-type');
    expect({ status: response.status, type, body: await response.json() }).toEqual({
      status,
      type: 'application/problem+json; charset=utf-8',
      body: expect.objectContaining({ status, code, requestId: response.headers.get('x-request-id') }),
    });
    expect(response.headers.get('allow')).toBe(status === 405 ? 'POST, OPTIONS' : null);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('strict-transport-security')).toBe('max-age=31536000; includeSubDomains');
  });

  it('refuses a body that says it is too long before any of it has come', async () => {
    const request = await openRawRequest(signUp.port);
    request.send(`POST / HTTP/1.1\r\nHost: sori\r\nContent-Type: application/json\r\nContent-Length: ${BODY_BYTES + 1}\r\n\r\n`);
    const { status, headers, body } = readAnswer(await request.ended());
    expect({ status, connection: headers.get('connection'), body }).toEqual({
      status: 413,
      connection: 'close',
      body: expect.objectContaining({ code: 'payload_too_large', limitBytes: BODY_BYTES }),
    });
  });

  it('refuses a body that grows too long while it still comes', async () => {
    const request = await openRawRequest(signUp.port);
    request.send('POST / HTTP/1.1\r\nHost: sori\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n');
    const chunk = `${(10_000).toString(16)}\r\n${' '.repeat(10_000)}\r\n`;
    for (let sentBytes = 0; sentBytes <= BODY_BYTES; sentBytes += 10_000) request.send(chunk); // and never the end
    const { status, body } = readAnswer(await request.ended());
    expect({ status, body }).toEqual({ status: 413, body: expect.objectContaining({ code: 'payload_too_large' }) });
  });

  it('answers the next caller after all that', async () => {
    const response = await fetch(signUp.url, { method: 'POST', headers: JSON_TYPE, body: '{}' });
    expect(await response.json()).toMatchObject({ code: 'invalid_input' });
  });
});

describe('SIGTERM', () => {
  const started: BuiltFunction[] = [];
  const start = async (name: string, env: Record<string, string>) => {
    const built = await startBuilt(folder.path, name, env);
    started.push(built);
    return built;
  };
  afterEach(() => Promise.all(started.splice(0).map(({ child }) => child.stop(0))));

  const someone = () => JSON.stringify({ email: `${randomUUID()}@sori.example`, password: 'a long password', displayName: 'Mina' });

  /** A sign-up whose head has arrived and whose body has not. */
  async function signUpHalfWay(port: number, body: string) {
    const request = await openRawRequest(port);
    const head = `POST / HTTP/1.1\r\nHost: sori\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n`;
    request.send(`${head}Expect: 100-continue\r\n\r\n`);
    await request.received('100 Continue');
    return request;
  }

  it('lets a request in flight finish, takes no new one, and ends the process; a second start works', async () => {
    const env = { ...settings(), ...SECRETS };
    const first = await start('signUp', env);
    const body = someone();
    const request = await signUpHalfWay(first.port, body);
    const idle = await openRawRequest(first.port);
    first.child.process.kill('SIGTERM');
    const toldAtMs = performance.now();
    await idle.ended();
    await expect(fetch(first.url)).rejects.toThrow();
    request.send(body);
    const answer = readAnswer(await request.ended());
    expect({ status: answer.status, body: answer.body }).toEqual({
      status: 201,
      body: { session: expect.anything(), profile: expect.objectContaining({ displayName: 'Mina' }) },
    });
    expect(await first.child.exited).toBe('exit code 0');
    expect(performance.now() - toldAtMs).toBeLessThan(GRACE_MS);

    await start('signUp', { ...env, PORT: String(first.port) });
    const response = await fetch(first.url, { method: 'POST', headers: JSON_TYPE, body: someone() });
    expect(response.status).toBe(201);
  });

  it('ends an idle process at once, though a caller keeps a connection open', async () => {
    const { url, child } = await start('getOpenApi', settings());
    const response = await fetch(url);
    expect(await response.json()).toMatchObject({ openapi: '3.1.1' });
    child.process.kill('SIGTERM');
    const toldAtMs = performance.now();
    expect(await child.exited).toBe('exit code 0');
    expect(performance.now() - toldAtMs).toBeLessThan(2_000);
  });
});
