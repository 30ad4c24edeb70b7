import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { describeError, hashUid, mask, withLogContext } from '#shared/runtime';

const REVISION = { K_SERVICE: 'createsong', K_REVISION: 'createsong-00007' };

describe('A line of the log', () => {
  let text: string;
  let lines: Record<string, unknown>[];

  beforeAll(async () => {
    const env = { PATH: process.env['PATH'], GOOGLE_CLOUD_PROJECT: 'sori-logs', NODE_ENV: 'production', ...REVISION };
    const { stdout } = await promisify(execFile)(process.execPath, [join(import.meta.dirname, 'logLines.ts')], { env, timeout: 20_000 });
    text = stdout;
    lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  });

  it('has the fields that Cloud Logging reads, and nothing of the machine', () => {
    expect(lines[0]).toEqual({
      severity: 'INFO',
      time: expect.stringMatching(/^\d{4}-.*Z$/),
      code: 'started',
      message: 'started',
      port: 8080,
    });
  });

  it('of a request carries function, request, person and trace', () => {
    expect(lines[1]).toEqual({
      severity: 'WARNING',
      time: expect.any(String),
      code: 'slow',
      message: 'slow',
      function: 'getSong',
      requestId: 'req_1',
      uidHash: 'c'.repeat(16),
      'logging.googleapis.com/trace': `projects/sori-logs/traces/${'a'.repeat(32)}`,
      'logging.googleapis.com/spanId': 'b'.repeat(16),
      latencyMs: 1200,
      traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
    });
  });

  it('of an error tells it with its causes, without what is nobody’s business', () => {
    expect(lines[2]).toMatchObject({
      severity: 'ERROR',
      code: 'failed',
      error: { name: 'Error', message: 'no answer', code: 14, cause: { message: '[email] was refused: token=[secret]' } },
    });
    expect(JSON.stringify(lines.slice(0, 3))).not.toMatch(/hunter2/);
    expect(text).not.toMatch(/mina@/);
  });

  const REPORTED = 'type.googleapis.com/google.devtools.clouderrorreporting.v1beta1.ReportedErrorEvent';

  it('of an unexpected error is what Cloud Error Reporting groups: one entry, with its stack and its request', () => {
    const { stack_trace: stack, ...line } = lines[3]!;
    expect(line).toEqual({
      severity: 'ERROR',
      time: expect.any(String),
      code: 'request_failed',
      message: 'request_failed',
      function: 'createSong',
      requestId: 'req_2',
      uidHash: 'd'.repeat(16),
      status: 500,
      '@type': REPORTED,
      serviceContext: { service: 'createsong', version: 'createsong-00007' },
      context: { httpRequest: { method: 'POST', url: '/v1/createSong', responseStatusCode: 500 }, user: 'd'.repeat(16) },
      error: expect.objectContaining({ message: 'no', cause: expect.objectContaining({ message: '[email]' }) }),
    });
    expect(stack).toMatch(/^Error: no\n {4}at .*logLines\.ts[\s\S]*\nCaused by: TypeError: \[email\]\n {4}at /);
  });

  it('of what was thrown and is no error says at least where', () => {
    for (const line of lines.slice(4, 6)) {
      expect(line).toMatchObject({ '@type': REPORTED, context: { reportLocation: { functionName: 'process' } } });
    }
    expect(lines.slice(4, 6).map(({ error }) => error)).toEqual([{ message: 'hunter2' }, { message: 'undefined' }]);
  });

  it('below the level is not written', () => {
    expect(lines).toHaveLength(6);
  });
});

describe('What is masked in texts of errors', () => {
  const JWT = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJtaW5hIn0.c2lnbmF0dXJl';
  const PEM = '-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg\nkqhkiG9w0\n-----END PRIVATE KEY-----';

  it.each([
    ['user mina.kim+sori@mail.sori.example not found', 'user [email] not found'],
    [`bad token ${JWT}.`, 'bad token [token].'],
    [`Bearer ${JWT.slice(0, 40)}`, 'Bearer [token]'],
    [`broken ${PEM} end`, 'broken [key] end'],
    [PEM.slice(0, 40), '[key]'],
    [JSON.stringify({ private_key: PEM }), '{"private_key":"[key]"}'],
    ['x-api-key: abc123', 'x-api-key: [secret]'],
    ['{"token":"AMf-vBx","password":"hunter2"}', '{"token":"[secret]","password":"[secret]"}'],
    ['X-Goog-Signature=0a1b2c&X-Goog-Date=1', 'X-Goog-Signature=[secret]&X-Goog-Date=1'],
    ['api_key=abc123 apiKey: abc123', 'api_key=[secret] apiKey: [secret]'],
    ['{"refreshToken":"AMf-vBx"}', '{"refreshToken":"[secret]"}'],
    ['Authorization: Bearer ya29.a0Af_b', 'Authorization: Bearer [secret]'],
    ['미나@소리.한국 and mína@sori.example', '[email] and [email]'],
    ['{"password":"two words, \\"quoted\\" too","a":1}', '{"password":"[secret]","a":1}'],
    ['{\\"refreshToken\\":\\"AMf vBx\\",\\"a\\":1}', '{\\"refreshToken\\":\\"[secret]\\",\\"a\\":1}'],
    ['http://mina:hunter2@localhost/x', 'http://[secret]@localhost/x'],
    ['got ya29.a0Af_b-c for AIzaSyD-1', 'got [token] for [token]'],
    ['nothing to hide here', 'nothing to hide here'],
  ])('%s', (text, masked) => {
    expect(mask(text)).toBe(masked);
  });

  it('is masked in stacks too, and what is thrown need not be an error', () => {
    const described = JSON.stringify(describeError(new Error(`no such user: mina@sori.example ${JWT}`)));
    expect(described).not.toMatch(/mina|eyJ/);
    expect(describeError('mina@sori.example')).toEqual({ message: '[email]' });
  });
});

describe('Whatever is thrown', () => {
  const circular = new Error('round', { cause: new Error('and round') });
  (circular.cause as Error).cause = circular;
  const throwing = (field: string) =>
    Object.defineProperty(new Error('x'), field, {
      get: () => {
        throw new Error('no');
      },
    });

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a symbol', Symbol('x')],
    ['an object without a prototype', Object.create(null)],
    ['an error whose message throws', throwing('message')],
    ['an error whose cause throws', throwing('cause')],
    ['an error whose message is none', Object.assign(new Error('x'), { message: undefined })],
    ['an error that is its own cause', circular],
    ['a proxy that refuses everything', new Proxy({}, { get: () => throwing('message').message })],
  ])('can be told: %s', (_what, thrown) => {
    const told = describeError(thrown);
    expect(told.message).toEqual(expect.any(String));
    expect(JSON.stringify(told).length).toBeLessThan(20_000);
  });

  it('is told with the first of the errors that it stands for', () => {
    const told = describeError(new AggregateError([new Error('refused on ::1'), new Error('refused on 127.0.0.1')]));
    expect(told).toMatchObject({ name: 'AggregateError', message: '', cause: { message: 'refused on ::1' } });
  });

  it.each([
    ['letters', 'a'],
    ['dots', '.a'],
    ['the beginnings of tokens', 'eyJ-'],
    ['words', 'mina@sori.example '],
  ])('and holds ten megabytes of %s is cut at once, and its frames stay', (_what, part) => {
    const error = new Error(part.repeat(10_000_000 / part.length));
    const startMs = performance.now();
    const { message, stack = '' } = describeError(error);
    expect(performance.now() - startMs).toBeLessThan(500);
    expect(message.length).toBeLessThan(4_100);
    expect(message).toMatch(/ … \(\d{7,8} characters\)$/);
    expect(stack).toMatch(/\n {4}at .*log\.test\.ts/);
    expect(`${message}${stack}`).not.toMatch(/mina/);
  });

  it('is told without what its caller had written, and lines of it are no frames', () => {
    const said = { prompt: 'paper "boats"\n    at the river', titles: ['Mina’s song', 'ab'], songId: 'sng_1' };
    const error = new Error(`sng_1 ab: ${said.prompt} and ${JSON.stringify(said)}`);
    const told = withLogContext({ said }, () => describeError(error));
    expect(told.message).toBe('sng_1 ab: [input] and {"prompt":"[input]","titles":["[input]","ab"],"songId":"sng_1"}');
    expect(told.stack).not.toMatch(/river|boats/);
    expect(told.stack).toMatch(/^Error: sng_1 ab: .*\n {4}at .*log\.test\.ts/);
  });
});

describe('A person in the log', () => {
  it('is always the same 16 digits, which say nothing', () => {
    expect(hashUid('mina')).toBe(hashUid('mina'));
    expect(hashUid('mina')).not.toBe(hashUid('junho'));
    expect(hashUid('mina')).toMatch(/^[0-9a-f]{16}$/);
  });
});
