import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { signIn } from '../../functions/accounts/signIn.ts';
import { createSong } from '../../functions/songs/createSong.ts';
import { getSong } from '../../functions/songs/getSong.ts';
import { listSongs } from '../../functions/songs/listSongs.ts';
import { checkHealth } from '../../functions/system/checkHealth.ts';
import { getStatus } from '../../functions/system/getStatus.ts';
import { answerFaults } from '../fuzz/problemFaults.ts';
import type { People } from '../support/callers.ts';
import { given } from '../support/given.ts';
import { type House, openHouse } from '../support/openHouse.ts';
import type { Answer } from '../support/service.ts';

const APP = 'https://sori.example';

let house: House;
let people: People;
let songId: string;

beforeAll(async () => {
  house = await openHouse({ settings: { ALLOWED_ORIGINS: `${APP},http://localhost:5173` } });
  people = await house.newPeople();
  ({ songId } = await given.song({ owner: people.owner.uid, visibility: 'public' }));
});

afterAll(() => house.close());

function header({ headers }: Answer, name: string): string | null {
  return headers.get(name);
}

function preflight(path: string, origin: string): Promise<Answer> {
  const asked = { 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization,content-type' };
  return house.service.send(path, { method: 'OPTIONS', headers: { origin, ...asked } });
}

describe('every answer', () => {
  it('carries the five security headers and a request id of its own: success, error, preflight, 304 and bytes', async () => {
    const { service } = house;
    const fresh = await service.call(getSong, { songId });
    const answers = [
      fresh,
      await service.send('signIn'),
      await preflight('createSong', APP),
      await service.send(`getSong?songId=${songId}`, { headers: { 'if-none-match': header(fresh, 'etag')! } }),
      await service.send(`streamSong?songId=${songId}`),
      await service.send('nothing'),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 405, 204, 304, 200, 404]);
    expect(answers.flatMap(({ status, headers, text }) => answerFaults({ status, headers: Object.fromEntries(headers), text }))).toEqual(
      [],
    );
    expect(new Set(answers.map((answer) => header(answer, 'x-request-id'))).size).toBe(answers.length);
  });

  it('of an error names the request in its body too', async () => {
    const answer = await house.service.call(getSong, { songId: 'nothing' });
    expect(answer.problem?.requestId).toBe(header(answer, 'x-request-id'));
  });
});

describe('a browser on an allowed origin', () => {
  it('may read answers and errors, and the headers that clients need', async () => {
    for (const path of [`getSong?songId=${songId}`, 'getSong?songId=x']) {
      const answer = await house.service.send(path, { headers: { origin: APP } });
      expect(header(answer, 'access-control-allow-origin')).toBe(APP);
      expect(header(answer, 'vary')).toMatch(/\bOrigin\b/);
      expect(header(answer, 'access-control-expose-headers')?.split(',')).toEqual(
        expect.arrayContaining([
          'X-Request-Id',
          'Retry-After',
          'RateLimit',
          'RateLimit-Policy',
          'ETag',
          'Content-Range',
          'Idempotent-Replayed',
        ]),
      );
    }
  });

  it('is let through its preflight to every function, and to none that there is not', async () => {
    for (const path of ['createSong', 'getSong', 'nothing']) {
      const answer = await preflight(path, 'http://localhost:5173');
      expect(answer.status).toBe(204);
      expect(header(answer, 'access-control-allow-origin')).toBe('http://localhost:5173');
      expect(header(answer, 'access-control-allow-methods')).toMatch(/GET,.*POST/);
      expect(header(answer, 'access-control-allow-headers')).toMatch(/Authorization,.*Idempotency-Key.*Range/);
    }
  });
});

describe('a browser on another origin', () => {
  it.each(['https://evil.example', 'https://sori.example.evil.example', 'http://sori.example', 'null'])(
    '%s is allowed nothing',
    async (origin) => {
      const answers = [await preflight('createSong', origin), await house.service.send('checkHealth', { headers: { origin } })];
      for (const answer of answers) expect(header(answer, 'access-control-allow-origin')).toBeNull();
    },
  );
});

describe('methods and paths', () => {
  it('HEAD answers a read as GET does, without the body', async () => {
    const got = await house.service.call(getSong, { songId });
    const head = await house.service.call(getSong, { songId }, { method: 'HEAD' });
    const kept = ({ headers }: Answer) =>
      [...headers].filter(([name]) => !['x-request-id', 'date', 'connection', 'keep-alive'].includes(name));
    expect([head.status, head.text, kept(head)]).toEqual([200, '', kept(got)]);
  });

  it('another method is told which ones there are', async () => {
    const read = await house.service.send('getSong', { method: 'DELETE' });
    const write = await house.service.send('createSong', { method: 'GET' });
    expect([read.problem?.code, header(read, 'allow')]).toEqual(['method_not_allowed', 'GET, HEAD, OPTIONS']);
    expect([write.problem?.code, header(write, 'allow')]).toEqual(['method_not_allowed', 'POST, OPTIONS']);
  });

  it('a path that no function has is a problem, not a page', async () => {
    for (const path of ['nothing', 'nothing/more', 'getSong/more', '%zz', '', '../favicon.ico', '__proto__']) {
      expect((await house.service.send(path)).problem).toMatchObject({ status: 404, code: 'unknown_function' });
    }
  });
});

describe('what may be kept', () => {
  const GIVEN = { sharedS: 20 };

  it('a public read, by everyone for a little while, under its ETag', async () => {
    const first = await house.service.call(getSong, { songId });
    expect(header(first, 'cache-control')).toBe(`public, max-age=${GIVEN.sharedS}`);
    const etag = header(first, 'etag')!;
    const again = await house.service.call(getSong, { songId }, { headers: { 'if-none-match': `"other", W/${etag}` } });
    expect([again.status, again.text, header(again, 'etag')]).toEqual([304, '', etag]);
    expect((await house.service.call(getSong, { songId }, { headers: { 'if-none-match': '"other"' } })).status).toBe(200);
  });

  it('an answer to someone with a token, by nobody else', async () => {
    const token = await people.owner.tokenFor('getSong');
    const answers = [
      await house.service.call(getSong, { songId }, { token }),
      await house.service.call(listSongs, { scope: 'mine' }, { token }),
      await house.service.call(getStatus, {}, { token }),
      await house.service.call(checkHealth, {}, { token }),
    ];
    for (const answer of answers) {
      expect(answer.status).toBe(200);
      expect(header(answer, 'cache-control')).toMatch(/^(private, no-cache|no-store)$/);
      expect(header(answer, 'vary')).toMatch(/\bAuthorization\b/);
    }
  });

  it('an error, by no one', async () => {
    const answers = [
      await house.service.send('nothing'),
      await house.service.call(getSong, { songId: 'x' }),
      await house.service.call(listSongs, { scope: 'mine' }),
      await house.service.call(signIn, { email: 'nobody@sori.example', password: 'a long password' }),
    ];
    expect(answers.map((answer) => [answer.status, header(answer, 'cache-control')])).toEqual(
      [404, 404, 401, 401].map((status) => [status, 'no-store']),
    );
  });
});

describe('a request that is repeated with its key', () => {
  it('gets the same answer and says so; another request under that key is refused', async () => {
    const token = await people.stranger.tokenFor('createSong');
    const headers = { 'idempotency-key': 'once' };
    const ask = (prompt: string) => house.service.call(createSong, { prompt }, { token, headers });
    const [first, second] = [await ask('rain'), await ask('rain')];
    expect([first.status, header(first, 'idempotent-replayed')]).toEqual([202, null]);
    expect([second.status, header(second, 'idempotent-replayed'), second.body]).toEqual([202, 'true', first.body]);
    expect((await ask('snow')).problem).toMatchObject({ status: 422, code: 'idempotency_key_reused' });
  });
});

describe('a body that is far too large', () => {
  it('gets an answer that the client can read', async () => {
    const token = await people.owner.tokenFor('createSong');
    const answer = await house.service.call(createSong, { prompt: 'x'.repeat(8_000_000) }, { token });
    expect(answer.problem).toMatchObject({ status: 413, code: 'payload_too_large' });
  });
});
